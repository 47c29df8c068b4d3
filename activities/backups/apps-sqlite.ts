import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { hasWalResetBug } from '../adapters/data-owner/sqlite/library-version.ts';

/**
 * Whether the app's own SQLite is one that can corrupt the file while another program has it open too. Only the file is
 * asked, which names the library that wrote its first page last: a program of the app need not be run for that.
 */
export function checkAppsSqlite({
  lastWrittenBy,
  sqliteVersion: own,
}: {
  lastWrittenBy: string | null;
  sqliteVersion: string;
}): CheckResult {
  const check = { name: "the app's SQLite library", expected: '3.51.3 or newer' };
  if (lastWrittenBy === null || lastWrittenBy === own) {
    const got = lastWrittenBy === null ? 'the file does not name one' : `fdts-ops' own ${own} wrote last`;
    return { ...check, status: 'not proven', got };
  }
  const got = `${lastWrittenBy} wrote last`;
  if (!hasWalResetBug(lastWrittenBy)) return { ...check, status: 'pass', got };
  return {
    ...check,
    status: 'not proven',
    got,
    answer:
      'older ones can corrupt a database that two programs have open (sqlite.org/wal.html#walresetbug): update it in the image of the app, and open the live file with no older sqlite3',
  };
}
