import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { DatabaseInspection } from '../adapters/data-owner/operations/inspect-database.ts';

type Read = Pick<DatabaseInspection, 'journalMode' | 'bytes'>;

/** Assumed of a disk that is no fast one; bytes in a second. */
const ASSUMED_RATE = 100_000_000;

/**
 * What users notice of whoever reads the whole live database; null: nothing, since writers pass readers in WAL mode. In every
 * other mode a reader keeps all writes waiting, and they keep later readers waiting.
 */
export function howWritersWait({ journalMode, bytes }: Read): string | null {
  if (journalMode === 'wal') return null;
  const seconds = Math.max(1, Math.ceil(bytes / ASSUMED_RATE));
  return `journal mode ${journalMode}: every write waits while the ${(bytes / 1e6).toFixed(1)} MB of it are copied for a backup or gone through by a check (each about ${seconds} s at 100 MB/s, longer on a slow disk), and who reads then waits behind it`;
}

/** What ends the waiting, and what has to be until then. */
export const LET_WRITERS_PASS =
  'let whoever maintains the app set "PRAGMA journal_mode = WAL" once (it stays in the file; the folder of the database must be mounted, not the file); until then the app needs a busy timeout that is longer than this';

/** Whether users can write while a backup reads. No reason to refuse one. */
export function writersCheck(read: Read): CheckResult {
  const waiting = howWritersWait(read);
  const check = { name: 'the app can write while the database is read', expected: 'journal mode wal' };
  if (waiting === null) return { ...check, status: 'pass', got: 'journal mode wal' };
  return { ...check, status: 'not proven', got: waiting, answer: LET_WRITERS_PASS };
}
