import type { CheckResult } from '../../workflows/contracts/calls.ts';

/** Whether every row of the backup is there once the app runs on it: a login may have added one. */
export function rowsCheck(
  expected: Readonly<Record<string, number>>,
  found: Readonly<Record<string, number>>,
): CheckResult {
  const tables = Object.keys(expected);
  const fewer = tables.filter((table) => (found[table] ?? 0) < (expected[table] ?? 0));
  return {
    name: 'the rows of the backup are there once the app runs on it',
    status: fewer.length === 0 ? 'pass' : 'fail',
    expected: told(tables, expected),
    got: told(fewer.length === 0 ? tables : fewer, found),
  };
}

function told(names: readonly string[], rows: Readonly<Record<string, number>>): string {
  return names.map((table) => `${rows[table] ?? 0} ${table}`).join(', ');
}
