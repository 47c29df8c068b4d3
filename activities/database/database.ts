import path from 'node:path';
import type { BackupMade } from '../../workflows/contracts/window-plan.ts';
import { NO_DATABASE } from '../adapters/data-owner/files/unreadable-database.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { optimizeOrCopy } from './optimize-or-copy.ts';

/** Changing the database file and the uploads while FDTS is stopped. */
export function databaseMutations({ config, data, openFiles }: Host) {
  const { database, uploads } = config.data;
  const asideOf = (stamp: string): string => asideFolder(config, stamp);
  const listingOf = (stamp: string): string => path.join(config.backups.scratch, `uploads-${stamp}.jsonl`);

  /**
   * Proves that no process has the database open, and writes the rest of its log into it. Changes: the log moves into
   * the file; the content stays. Repeating it is safe; a failure leaves the log as it was.
   */
  const settleDatabase: Mutation<Record<string, never>, { readonly bytes: number }> = async ({
    effects,
    signal,
  }) => {
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    return effects.perform(
      `fdts-ops: checkpoint ${database}, nobody else having it open`,
      async () => ({ bytes: (await data.settleDatabase({ database }, { signal })).bytes }),
      { bytes: 0 },
    );
  };

  /** Writes down which uploads there are. Changes: a listing in scratch; an existing one of the run is kept. */
  const noteUploads: Mutation<Record<string, never>, { readonly count: number }> = async ({
    effects,
    stamp,
    signal,
  }) =>
    effects.perform(
      `fdts-ops: list ${uploads} in ${listingOf(stamp)}`,
      async () => ({
        count: (await data.listUploads({ uploads, listing: listingOf(stamp) }, { signal })).count,
      }),
      { count: 0 },
    );

  /**
   * Moves uploads that came after the listing aside (a rolled back database does not know them). Deletes nothing. Refuses
   * while somebody has the database open: then FDTS runs, and these are files of users who work now.
   */
  const setAsideNewUploads: Mutation<
    Record<string, never>,
    { readonly moved: number; readonly lines: readonly string[] }
  > = async (context) => {
    const { effects, stamp, signal } = context;
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    return effects.perform(
      `fdts-ops: move uploads that ${listingOf(stamp)} does not list to ${asideOf(stamp)}/uploads`,
      async () => {
        const knownListing = listingOf(stamp);
        const { moved } = await data.setAsideNewUploads(
          { uploads, knownListing, asideDir: asideOf(stamp) },
          { signal },
        );
        const told = `${moved.length} uploads that came after the stop lie in ${asideOf(stamp)}/uploads`;
        return { moved: moved.length, lines: moved.length === 0 ? [] : [told] };
      },
      { moved: 0, lines: [] },
    );
  };

  /**
   * VACUUM and ANALYZE into a new file that is fully checked, compared with the closed original (schema, rows of every
   * table), and then takes its place; the original stays untouched aside. One that only the app can tidy is replaced by a
   * copy, the same byte for byte. Repeating it answers the same; a kill leaves the original or the whole new file in place.
   */
  const optimizeDatabase: Mutation<Record<string, never>, { readonly lines: readonly string[] }> = async ({
    effects,
    stamp,
    signal,
    progress,
  }) => {
    const asideDir = asideOf(stamp);
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    const made = await effects.perform(
      `fdts-ops: VACUUM and ANALYZE ${database} into a new file, check it, keep the original in ${asideDir}`,
      () => optimizeOrCopy(data, { database, asideDir, runId: stamp }, { signal, onProgress: progress }),
      null,
    );
    if (made === null) return { lines: ['sizes are known only at run time'] };
    return { lines: [...made, `the original lies in ${asideDir}`] };
  };

  /**
   * Keeps the database as users left it, aside and untouched; a copy, the same byte for byte, takes its place. Changes:
   * which file is used, not its content. Repeating it answers the same; a kill leaves the original or the whole copy.
   */
  const setDatabaseAside: Mutation<Record<string, never>, { readonly lines: readonly string[] }> = async ({
    effects,
    stamp,
    signal,
    progress,
  }) => {
    const asideDir = asideOf(stamp);
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    const kept = await effects.perform(
      `fdts-ops: keep ${database} in ${asideDir}, and put a copy of it in its place`,
      () => data.setDatabaseAside({ database, asideDir, runId: stamp }, { signal, onProgress: progress }),
      null,
    );
    if (kept === null) return { lines: ['its size and hash are known only at run time'] };
    return { lines: [`as users left it in ${asideDir}: ${kept.bytes} bytes, sha256 ${kept.sha256}`] };
  };

  /**
   * Moves the original database back; when it is gone and none is in place, restores the run's own backup. Changes: the
   * database file; what was in its place is kept aside. Repeating it does nothing.
   */
  const restoreDatabase: Mutation<
    { readonly archive: string; readonly source?: BackupMade['source'] },
    { readonly from: 'aside' | 'backup' | 'in place'; readonly lines: readonly string[] }
  > = async ({ effects, stamp, signal, progress }, { archive, source }) => {
    const asideDir = asideOf(stamp);
    const how = { database, asideDir, runId: stamp };
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    return effects.perform(
      `fdts-ops: move ${asideDir}/${path.basename(database)} back to ${database} (or, when it is gone, restore ${archive})`,
      async () => {
        const put = await data.restoreAside(how, { signal });
        if (put.identical === true) return { from: 'aside', lines: [] };
        if (await isWhole(database, data, signal)) return { from: 'in place', lines: [] };
        const { scratch } = config.backups;
        const { allowForeignKeyViolations } = config.data;
        // The site's own script writes no manifest: its archive is checked in itself.
        const proof = source === 'site' ? {} : { manifest: `${archive}.manifest.json` };
        // A folder of its own: what this swap sets aside is damaged, and must never count as the original.
        const restored = await data.restoreFromBackup(
          { ...how, asideDir: `${asideDir}-damaged`, archive, ...proof, scratch, allowForeignKeyViolations },
          { signal, onProgress: progress },
        );
        const lost = `THE DATABASE WAS RESTORED FROM THE BACKUP of ${restored.createdAt}, because neither the original nor a whole one was there; what was in its place lies in ${asideDir}-damaged`;
        return { from: 'backup', lines: [lost] };
      },
      { from: 'in place', lines: [] },
    );
  };

  return {
    settleDatabase,
    noteUploads,
    setAsideNewUploads,
    optimizeDatabase,
    setDatabaseAside,
    restoreDatabase,
  };
}

/** Where a run keeps what it sets aside: beside the database, so that a rename gets there. */
export function asideFolder({ data }: Host['config'], stamp: string): string {
  return path.join(path.dirname(data.database), `.fdts-ops-${stamp}`);
}

/** Proves that no process has the database open, in a container or not. */
export async function requireClosed(
  database: string,
  openFiles: Host['openFiles'],
  signal: AbortSignal,
): Promise<void> {
  const holders = await openFiles([database, `${database}-wal`, `${database}-shm`], signal);
  if (holders.length === 0) return;
  throw new OperationError({
    code: 'DATABASE_IN_USE',
    operation: 'settleDatabase',
    target: database,
    cause: `it is open in ${holders.map(({ pid, command }) => `${command} (pid ${pid})`).join(', ')}`,
    hint: 'Stop what has it open; the window takes itself back meanwhile.',
    retryable: true,
  });
}

async function isWhole(database: string, data: Host['data'], signal: AbortSignal): Promise<boolean> {
  try {
    return (await data.inspectDatabase({ database, full: false }, { signal })).integrity === 'ok';
  } catch (error) {
    signal.throwIfAborted();
    // Only what says that there is no database to keep; a look that failed for another reason proves nothing.
    if (error instanceof OperationError && NO_DATABASE.has(error.code)) return false;
    throw error;
  }
}
