import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { DatabaseVerdict } from '../../workflows/contracts/mending-plan.ts';
import { NO_DATABASE } from '../adapters/data-owner/files/unreadable-database.ts';
import type { DatabaseInspection } from '../adapters/data-owner/operations/inspect-database.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { ANSWERS } from '../survey/answers.ts';
import { integrityOf } from '../survey/integrity.ts';

/**
 * What a look at the database gave: what is in it; why it is none; or that a write was cut off in it, which the app takes
 * back when it starts, and which keeps everybody else from reading it.
 */
export type Looked =
  | { readonly inspected: DatabaseInspection }
  | { readonly problem: string }
  | { readonly unsettled: string };

/** Takes a file that is missing, empty, no database, or cannot be read as an answer. */
export async function look(inspect: () => Promise<DatabaseInspection>): Promise<Looked> {
  try {
    return { inspected: await inspect() };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    if (error.code === 'DATABASE_NOT_SETTLED')
      return { unsettled: `a write in it was cut off, so nobody but the app can read it (${error.message})` };
    if (NO_DATABASE.has(error.code)) return { problem: error.message };
    throw error;
  }
}

/**
 * Integrity, tables and foreign keys as named checks. Only a file that is not whole, or that lacks a table of the app, is
 * corrupt: rows that point nowhere were written so, and what SQLite cannot check is no damage; a backup has both too. `closed`:
 * FDTS was stopped on a corrupt one, so that no app takes a write back that was cut off, which then is not sound either.
 * `isServing`: users are served on it. A table that is missing in a whole file with rows is more likely one that an update
 * of the app has renamed then, and no reason to shut anybody out.
 */
export function judgeDatabase(
  looked: Looked,
  coreTables: readonly string[],
  { closed = false, isServing = false } = {},
): DatabaseVerdict {
  if ('unsettled' in looked && !closed) {
    const check = { name: INTEGRITY, status: 'not proven', expected: 'ok', got: looked.unsettled } as const;
    return { state: 'doubtful', checks: [{ ...check, answer: UNSETTLED }] };
  }
  if (!('inspected' in looked)) {
    const got = 'problem' in looked ? looked.problem : looked.unsettled;
    const check = { name: INTEGRITY, status: 'fail', expected: 'ok', got } as const;
    return { state: 'corrupt', checks: [{ ...check, answer: ANSWERS.databaseCorruption }] };
  }
  const { integrity, tables, foreignKeyViolations, notProven } = looked.inspected;
  const missing = coreTables.filter((table) => tables[table] === undefined);
  const isUsed = isServing && !closed && Object.values(tables).some((count) => count > 0);
  const rows = coreTables.map((table) => `${tables[table] ?? 'no'} ${table}`).join(', ');
  const checks: CheckResult[] = [
    {
      name: INTEGRITY,
      expected: 'ok',
      ...integrityOf(looked.inspected),
    },
    {
      name: 'the tables of the app are there',
      status: missing.length === 0 ? 'pass' : 'fail',
      expected: coreTables.join(', '),
      got: missing.length === 0 ? rows : `missing or unreadable: ${missing.join(', ')}`,
      answer: isUsed ? STALE : ANSWERS.databaseCorruption,
    },
    {
      name: 'foreign keys of the database',
      status: foreignKeyViolations === 0 ? 'pass' : 'fail',
      expected: '0 rows that point to none',
      got: `${foreignKeyViolations} rows`,
      answer: 'the file is whole: ask whoever maintains the app; a restore brings such rows back',
    },
  ];
  if (integrity !== 'ok' || (missing.length > 0 && !isUsed)) return { state: 'corrupt', checks };
  const isSound = missing.length === 0 && foreignKeyViolations === 0 && notProven.length === 0;
  return { state: isSound ? 'sound' : 'doubtful', checks };
}

const UNSETTLED = `start the app, which takes that write back: ${ANSWERS.applicationDown}; when it cannot start: fdts-ops start restoreBackup`;

const STALE =
  'FDTS serves, and the file is whole. The app calls it otherwise since an update: correct data.coreTables in host.yml and restart fdts-ops-host. It is really gone: fdts-ops start restoreBackup';

const INTEGRITY = 'integrity of the database';
