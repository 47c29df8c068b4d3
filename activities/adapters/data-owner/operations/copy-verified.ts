import { createHash } from 'node:crypto';
import { lstat, open, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { manifestPathOf } from '../archive/backup-manifest.ts';
import type { OperationContext } from '../child-messages.ts';
import { exists, hashFile, publishNew, syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { readChunks } from '../files/read-chunks.ts';

/** Both are full paths of files; the folder of `to` must exist, so that an unmounted disk is an error. */
export interface CopyVerifiedArgs {
  from: string;
  to: string;
  /** Copies `<from>.manifest.json` to `<to>.manifest.json` too, before the archive gets its name. */
  withManifest?: boolean;
}

const operation = 'copyVerified';

/**
 * Copies a file and reads the copy back: it has its final name only when its hash equals. A file of that name with the
 * same content is the result of an earlier attempt; one with other content is never overwritten. A kill leaves a
 * `.part` file that the next copy into this folder removes.
 */
export async function copyVerified(
  { from, to, withManifest }: CopyVerifiedArgs,
  context: OperationContext,
): Promise<{ bytes: number; sha256: string }> {
  try {
    return await withFolderLock(operation, dirname(to), async () => {
      await removeParts(dirname(to));
      if (withManifest === true) await copyOne(manifestPathOf(from), manifestPathOf(to), context);
      return copyOne(from, to, context);
    });
  } catch (cause) {
    throw explainFailure(operation, cause, to);
  }
}

/** Removes what killed copies left, of whatever archive: under the folder lock nobody else is copying. */
async function removeParts(folder: string): Promise<void> {
  for (const name of await readdir(folder))
    if (PART.test(name)) await rm(join(folder, name), { force: true });
}

const PART =
  /^fdts_(backup_\d{8}_\d{6}\.tar\.gz|config_\d{8}_\d{6}\.tar\.age)(\.manifest\.json)?\.copy\.part$/;

async function copyOne(from: string, to: string, { signal, onProgress }: OperationContext) {
  const { size: totalBytes } = await lstat(from);
  const report = (phase: string) => (bytes: number) => onProgress({ phase, bytes, totalBytes });
  if (await exists(to)) {
    const source = await hashFile(from, report('comparing'), signal);
    const copy = await hashFile(to, report('comparing the copy'), signal);
    if (source.sha256 === copy.sha256) {
      // Its attempt may have failed, or been killed, before its name was durable.
      await syncFolder(dirname(to));
      return copy;
    }
    throw differs('ALREADY_EXISTS', to, 'another file has this name and its content differs', false);
  }
  const part = `${to}.copy.part`;
  try {
    const written = await writeCopy(from, part, report('copying'), signal);
    const readBack = await hashFile(part, report('reading the copy back'), signal);
    if (written.sha256 !== readBack.sha256)
      throw differs('COPY_DIFFERS', to, 'what was read back is not what was written', true);
    await publishNew(part, to);
    return readBack;
  } finally {
    await rm(part, { force: true });
  }
}

async function writeCopy(from: string, part: string, onBytes: (bytes: number) => void, signal: AbortSignal) {
  await rm(part, { force: true });
  const handle = await open(part, 'wx', 0o640);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of readChunks(from, signal)) {
      await handle.writeFile(piece);
      hash.update(piece);
      bytes += piece.length;
      onBytes(bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

function differs(code: string, target: string, cause: string, retryable: boolean): OperationError {
  const hint = retryable
    ? 'repeat it; if it goes on, do not trust this disk'
    : "move that file away; when it is another host's, give each host a folder of its own there (backups.external)";
  return new OperationError({ code, operation, target, cause, hint, retryable });
}
