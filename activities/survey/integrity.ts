import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { DatabaseInspection } from '../adapters/data-owner/operations/inspect-database.ts';
import { ANSWERS } from './answers.ts';

const MOST_COMPLAINTS = 5;

/** What a look at a database says about its file: whole, damaged, or more than this SQLite can check. */
export function integrityOf({
  integrity,
  notProven,
}: Pick<DatabaseInspection, 'integrity' | 'notProven'>): Pick<CheckResult, 'status' | 'got' | 'answer'> {
  if (integrity !== 'ok')
    return {
      status: 'fail',
      got: integrity.slice(0, MOST_COMPLAINTS).join('; '),
      answer: ANSWERS.databaseCorruption,
    };
  if (notProven.length === 0) return { status: 'pass', got: 'ok' };
  return {
    status: 'not proven',
    got: `no damage found; not checked: ${notProven.slice(0, MOST_COMPLAINTS).join('; ')}`,
    answer: 'no reason to stop anything: ask whoever maintains the app, which alone can check this',
  };
}
