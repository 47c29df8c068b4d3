import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { DatabaseVerdict } from '../../workflows/contracts/mending-plan.ts';
import type { DatabaseInspection } from '../adapters/data-owner/operations/inspect-database.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { ANSWERS } from '../survey/answers.ts';
import { integrityOf } from '../survey/integrity.ts';

/** What a look at the database gave: what is in it, or why it is none. */
export type Looked = { readonly inspected: DatabaseInspection } | { readonly problem: string };

/** What says that there is no sound database, where another failure says nothing about it. */
const NO_DATABASE = new Set([
  'DATABASE_MISSING',
  'EMPTY_DATABASE',
  'DATABASE_CORRUPT',
  'NOT_A_DATABASE',
  'NOT_A_FILE',
]);

/** Takes a file that is missing, empty or no database as an answer. */
export async function look(inspect: () => Promise<DatabaseInspection>): Promise<Looked> {
  try {
    return { inspected: await inspect() };
  } catch (error) {
    if (!(error instanceof OperationError) || !NO_DATABASE.has(error.code)) throw error;
    return { problem: error.message };
  }
}

/**
 * Integrity, tables and foreign keys as named checks. Only a file that is not whole, or that lacks a table of the app, is
 * corrupt: rows that point nowhere were written so, and what SQLite cannot check is no damage; a backup has both too.
 */
export function judgeDatabase(looked: Looked, coreTables: readonly string[]): DatabaseVerdict {
  if ('problem' in looked) {
    const check = { name: INTEGRITY, status: 'fail', expected: 'ok', got: looked.problem } as const;
    return { state: 'corrupt', checks: [{ ...check, answer: ANSWERS.databaseCorruption }] };
  }
  const { integrity, tables, foreignKeyViolations, notProven } = looked.inspected;
  const missing = coreTables.filter((table) => tables[table] === undefined);
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
      answer: ANSWERS.databaseCorruption,
    },
    {
      name: 'foreign keys of the database',
      status: foreignKeyViolations === 0 ? 'pass' : 'fail',
      expected: '0 rows that point to none',
      got: `${foreignKeyViolations} rows`,
      answer: 'the file is whole: ask whoever maintains the app; a restore brings such rows back',
    },
  ];
  if (integrity !== 'ok' || missing.length > 0) return { state: 'corrupt', checks };
  const isSound = foreignKeyViolations === 0 && notProven.length === 0;
  return { state: isSound ? 'sound' : 'doubtful', checks };
}

const INTEGRITY = 'integrity of the database';
