import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { bundleBeside } from '../../configuration-bundle/bundle-beside.ts';
import { OperationError } from '../../operation-error.ts';
import { timeInName } from '../archive/archive-time.ts';
import { manifestPathOf, readManifest } from '../archive/backup-manifest.ts';
import { verifiedRecordOf } from '../archive/verified-record.ts';
import type { OperationContext } from '../child-messages.ts';
import { syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { withFolderLock } from '../files/folder-lock.ts';
import { filesOfBundle, newestProvenBundle, outlivedBundles } from '../files/old-bundles.ts';

const operation = 'removeBackups';
const BESIDE = /^(fdts_backup_\d{8}_\d{6}\.tar\.gz)\.(manifest|verified)\.json$/;
/** A manifest without an archive is one that is being made, or what a removal that was killed left. */
const LEFT_BEHIND_MS = 86_400_000;

/** Which archives to remove; all lie in `directory`. */
export interface RemoveBackupsArgs {
  directory: string;
  archives: { archive: string; source: 'fdts-ops' | 'site' }[];
  /**
   * Where other hosts keep their backups there as well: the archives of this one. Only a bundle beside one of them is its
   * newest, and bundles that lie beside none of `archives` are left to their hosts.
   */
  own?: readonly string[];
}

/**
 * Removes archives with what lies beside them: record, manifest, configuration bundle; but never the host's newest proven
 * bundle, which goes once a newer one is there. Refuses an archive that its manifest does not call ours. Repeating it is safe: one that is gone is no error, and what a killed attempt left is cleared away.
 */
export async function removeBackups(
  { directory, archives, own }: RemoveBackupsArgs,
  { signal }: OperationContext,
): Promise<{ removed: string[] }> {
  try {
    return await withFolderLock(operation, directory, async () => {
      const removed: string[] = [];
      const newest = await newestProvenBundle(directory, own);
      for (const { archive, source } of archives) {
        signal.throwIfAborted();
        await requireRemovable(directory, archive, source);
        removed.push(...(await removeWithBesides(directory, archive, newest)));
      }
      for (const bundle of own !== undefined ? [] : await outlivedBundles(directory, newest))
        removed.push(...(await removeAll(await filesOfBundle(bundle))));
      removed.push(...(await removeLeftBehind(directory)));
      await syncFolder(directory);
      return { removed };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, directory);
  }
}

async function requireRemovable(directory: string, archive: string, source: string): Promise<void> {
  const name = basename(archive);
  if (archive !== join(directory, name) || timeInName(name) === null)
    throw refused(archive, `no archive of ${directory} is called so`);
  const found = await lstat(archive).catch(() => null);
  if (found === null) return;
  if (!found.isFile()) throw refused(archive, 'it is no ordinary file');
  const manifest = await readManifest(manifestPathOf(archive)).catch(() => undefined);
  const isOurs = manifest !== undefined && manifest.archive === name && manifest.runId !== '';
  if (source === 'fdts-ops' && !isOurs) throw refused(archive, 'no manifest says that fdts-ops made it');
}

// The manifest goes last: an archive without one would count as the site's.
async function removeWithBesides(
  directory: string,
  archive: string,
  newest: string | undefined,
): Promise<string[]> {
  const bundle = bundleBeside(archive);
  const paths = (await readdir(directory)).map((name) => join(directory, name));
  // Its manifest, and what a kill left half-written, begin with its name.
  const bundles = newest === bundle ? [] : paths.filter((path) => path.startsWith(bundle));
  return removeAll([verifiedRecordOf(archive), ...bundles, archive, manifestPathOf(archive)]);
}

async function removeAll(paths: readonly string[]): Promise<string[]> {
  const removed: string[] = [];
  for (const path of paths) {
    if ((await lstat(path).catch(() => null)) === null) continue;
    await rm(path, { force: true });
    removed.push(path);
  }
  return removed;
}

async function removeLeftBehind(directory: string): Promise<string[]> {
  const names = new Set(await readdir(directory));
  const removed: string[] = [];
  for (const name of names) {
    const archive = BESIDE.exec(name)?.[1];
    if (archive === undefined || names.has(archive)) continue;
    const path = join(directory, name);
    const { mtimeMs } = await lstat(path);
    if (Date.now() - mtimeMs < LEFT_BEHIND_MS) continue;
    await rm(path, { force: true });
    removed.push(path);
  }
  return removed;
}

function refused(target: string, cause: string): OperationError {
  return new OperationError({
    code: 'NOT_REMOVED',
    operation,
    target,
    cause,
    hint: 'look at this file by hand; nothing of it was removed',
    retryable: false,
  });
}
