import { lstat, mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DamagedFile } from '../../../../workflows/contracts/mending-plan.ts';
import { errorMessage } from '../../error-code.ts';
import type { OperationContext } from '../child-messages.ts';
import { exists, hashFile, writeDurably } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';

const operation = 'hashDamaged';

/**
 * Writes down size and sha256 of a damaged database and of what lies beside it, before anything touches them. FDTS must be
 * stopped. The list is for whoever looks at the files later, wherever they lie then; one that is there stays. A file that
 * cannot be read, as on a disk with bad sectors, is listed with the reason: it is no obstacle to what replaces it.
 */
export async function hashDamaged(
  { database, asideDir }: { readonly database: string; readonly asideDir: string },
  context: OperationContext,
): Promise<{ files: DamagedFile[]; list: string }> {
  try {
    await mkdir(asideDir, { recursive: true, mode: 0o750 });
    const list = join(asideDir, 'damaged.sha256');
    const files: DamagedFile[] = [];
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      const file = `${database}${suffix}`;
      if (await exists(file)) files.push(await describe(file, context));
    }
    if (!(await exists(list))) await writeDurably(list, files.map(lineOf).join(''));
    return { files, list };
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}

async function describe(file: string, { signal, onProgress }: OperationContext): Promise<DamagedFile> {
  const phase = `hashing ${basename(file)}`;
  const told = (bytes: number) => onProgress({ phase, bytes, totalBytes: 0 });
  try {
    return { file, ...(await hashFile(file, told, signal)) };
  } catch (error) {
    signal.throwIfAborted();
    return { file, bytes: (await lstat(file)).size, sha256: null, unreadable: errorMessage(error) };
  }
}

/** As sha256sum reads it: a line that begins with # is none of its files. */
function lineOf({ file, sha256, unreadable }: DamagedFile): string {
  const name = basename(file);
  return sha256 === null ? `# ${name} could not be read: ${unreadable}\n` : `${sha256}  ${name}\n`;
}
