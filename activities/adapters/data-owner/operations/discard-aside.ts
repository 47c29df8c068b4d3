import { lstat, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { syncFolder } from '../files/durable-file.ts';

/**
 * Deletes a folder that a run set aside, once its retention is over. Anything whose name is not `.fdts-ops-…` is refused.
 * Repeating it is safe; a kill leaves a folder that is partly deleted and that the repeat deletes.
 */
export async function discardAside({ asideDir }: { asideDir: string }): Promise<{ removed: boolean }> {
  const stat = await lstat(asideDir).catch(() => undefined);
  if (!/^\.fdts-ops-[\w.-]+$/.test(basename(asideDir)) || (stat !== undefined && !stat.isDirectory())) {
    throw new OperationError({
      code: 'NOT_AN_ASIDE_FOLDER',
      operation: 'discardAside',
      target: asideDir,
      cause: 'only a folder named .fdts-ops-… is ever deleted',
      hint: 'give the folder that the run reported as set aside',
      retryable: false,
    });
  }
  if (stat === undefined) return { removed: false };
  await rm(asideDir, { recursive: true });
  await syncFolder(dirname(asideDir));
  return { removed: true };
}
