import type Database from 'better-sqlite3';
import { errorMessage } from '../../error-code.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { removeSidecars } from '../files/snapshot-database.ts';
import { whyUnreadable } from '../files/unreadable-database.ts';
import {
  allRows,
  attachBackup,
  compareTable,
  countInBackup,
  isNotComparable,
  tablesOf,
} from '../restore/missing-rows.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import { type RestorePlace, readRestoreRecord } from '../restore/restore-record.ts';
import { type UploadDifference, uploadsNotIn } from '../restore/uploads-not-in.ts';
import { VIRTUAL_TABLE } from '../restore/virtual-tables.ts';
import { isDamage } from '../sqlite/error-kinds.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** What the live data has that the staged backup does not. Names no file of a user. */
export interface LiveComparison {
  /** Rows by table of the live database; null is one that is damaged. */
  tables: Record<string, CountedTable | null>;
  /** Tables whose rows could not be told apart from those of the backup, and why. */
  notCompared: Record<string, string>;
  /** Why the live database cannot be read; null when it can. */
  unreadable: string | null;
  uploads: UploadDifference;
}

/** Rows that would be gone, or as they were; and rows that would be there again, or as they were. */
export interface CountedTable {
  live: number;
  notInBackup: number;
  onlyInBackup: number;
}

const operation = 'compareWithStaged';

/**
 * Counts what a restore of the staged backup would take from users. Reads only; users go on meanwhile. With a log all tables
 * are counted as they were at one commit. Without one a transaction keeps every write waiting, so that each table has its
 * own: its counts fit each other, those of another table may be of a later commit.
 */
export async function compareWithStaged(
  { database, uploads, asideDir }: RestorePlace,
  { onProgress, signal }: OperationContext,
): Promise<LiveComparison> {
  try {
    const record = await readRestoreRecord(asideDir);
    if (record === undefined) throw new Error(`no backup is staged in ${asideDir}`);
    const { restoredCopy, stagedListing } = restoreFolders(asideDir, record.uploadsAside);
    const tables: LiveComparison['tables'] = {};
    const notCompared: LiveComparison['notCompared'] = {};
    let unreadable: string | null = null;
    try {
      await readDatabase(operation, database, (opened) => {
        attachBackup(opened, restoredCopy);
        const hasLog = opened.pragma('journal_mode', { simple: true }) === 'wal';
        if (hasLog) opened.exec('BEGIN');
        for (const { name, isVirtual } of tablesOf(opened)) {
          signal.throwIfAborted();
          onProgress({ phase: `comparing ${name}`, bytes: 0, totalBytes: 0 });
          const counted = isVirtual ? VIRTUAL_TABLE : atOneCommit(opened, () => countTable(opened, name));
          if (typeof counted === 'string') notCompared[name] = counted;
          else tables[name] = counted;
        }
      });
    } catch (error) {
      unreadable = whyUnreadable(operation, error, database);
      if (unreadable === null) throw error;
    } finally {
      await removeSidecars(restoredCopy);
    }
    onProgress({ phase: 'comparing the uploads', bytes: 0, totalBytes: 0 });
    const { difference } = await uploadsNotIn(uploads, { listing: stagedListing, stays: record.stays });
    return { tables, notCompared, unreadable, uploads: difference };
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}

/** A transaction that is open already is that of all tables. */
function atOneCommit<T>(database: Database.Database, count: () => T): T {
  if (database.inTransaction) return count();
  database.exec('BEGIN');
  try {
    return count();
  } finally {
    // Some errors end the transaction by themselves.
    if (database.inTransaction) database.exec('COMMIT');
  }
}

/** What a table would lose; null when it is damaged, the reason when it cannot be compared. */
function countTable(database: Database.Database, name: string): CountedTable | null | string {
  try {
    const { missing } = compareTable(database, name);
    if ('notCompared' in missing) return missing.notCompared;
    const count = (from: string) =>
      database.prepare<[], number>(`SELECT count(*) ${from}`).pluck().get() ?? 0;
    const live = count(allRows(name));
    const notInBackup = count(missing.sql);
    return { live, notInBackup, onlyInBackup: countInBackup(database, name) - (live - notInBackup) };
  } catch (error) {
    if (isDamage(error)) return null;
    if (isNotComparable(error)) return errorMessage(error);
    throw error;
  }
}
