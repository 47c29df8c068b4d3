import type { OptimizedDatabase } from '../adapters/data-owner/operations/optimize-database.ts';
import type { DatabaseAside } from '../adapters/data-owner/operations/set-database-aside.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Host } from '../host.ts';

const NOT_TIDIED =
  'not tidied: its schema names a collation or a function that the app brings along; a copy, the same byte for byte, is in its place';

/**
 * Tidies a closed database; one that only the app can tidy is replaced by a copy, so that a rollback finds its original
 * aside all the same. Says what was done. A repeat is answered with what was done before, whichever it was.
 */
export async function optimizeOrCopy(
  data: Host['data'],
  ...call: Parameters<Host['data']['setDatabaseAside']>
): Promise<readonly string[]> {
  try {
    return toldOf(await data.optimizeDatabase(...call));
  } catch (error) {
    if (!(error instanceof OperationError) || error.code !== 'NEEDS_THE_APP') throw error;
    return toldOf(await data.setDatabaseAside(...call));
  }
}

function toldOf(made: OptimizedDatabase | DatabaseAside): readonly string[] {
  if (!('bytesBefore' in made)) return [NOT_TIDIED];
  return [
    `${made.bytesBefore} bytes before, ${made.bytesAfter} after, in ${made.seconds.toFixed(1)} s`,
    `integrity_check ok, foreign_key_check ${made.foreignKeyViolations} violations, row counts as before`,
    ...(made.notProven ?? []).map((what) => `not checked: ${what}`),
  ];
}
