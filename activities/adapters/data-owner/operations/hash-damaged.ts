import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DamagedFile } from '../../../../workflows/contracts/mending-plan.ts';
import type { OperationContext } from '../child-messages.ts';
import { exists, hashFile, writeDurably } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';

const operation = 'hashDamaged';

/**
 * Writes down size and sha256 of a damaged database and of what lies beside it, before anything touches them. FDTS must be
 * stopped. The list is for whoever looks at the files later, wherever they lie then; one that is there stays.
 */
export async function hashDamaged(
  { database, asideDir }: { readonly database: string; readonly asideDir: string },
  { signal, onProgress }: OperationContext,
): Promise<{ files: DamagedFile[]; list: string }> {
  try {
    await mkdir(asideDir, { recursive: true, mode: 0o750 });
    const list = join(asideDir, 'damaged.sha256');
    const files: DamagedFile[] = [];
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      const file = `${database}${suffix}`;
      if (!(await exists(file))) continue;
      const phase = `hashing ${basename(file)}`;
      const told = (bytes: number) => onProgress({ phase, bytes, totalBytes: 0 });
      files.push({ file, ...(await hashFile(file, told, signal)) });
    }
    if (!(await exists(list)))
      await writeDurably(list, files.map(({ sha256, file }) => `${sha256}  ${basename(file)}\n`).join(''));
    return { files, list };
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}
