import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { asideFolder } from '../database/database.ts';
import type { Host } from '../host.ts';

/**
 * Whether a restore could be made where the data lies, asked long before one is needed. No reason to refuse anything but a
 * restore: a backup is good all the same, and a corrupt database is stopped all the same. `mayKeepUploads`: one that takes the
 * database alone needs of the uploads nothing but their folder.
 */
export async function restoreObstaclesCheck(
  { config, data }: Pick<Host, 'config' | 'data'>,
  { stamp, signal }: { readonly stamp: string; readonly signal: AbortSignal },
  mayKeepUploads = false,
): Promise<CheckResult> {
  const { database, uploads, uploadsExclude: without } = config.data;
  const check = {
    name: 'a restore could be made here',
    expected: 'database and uploads that can be moved by a rename',
  };
  try {
    const place = { database, uploads, without, asideDir: asideFolder(config, stamp) };
    const obstacles = await data.lookForObstacles(place, { signal });
    if (obstacles.length === 0) return { ...check, status: 'pass', got: 'as expected' };
    const ofAny = mayKeepUploads
      ? await data.lookForObstacles({ ...place, mayKeepUploads }, { signal })
      : obstacles;
    const which = ofAny.length > 0 ? 'a restore' : 'a restore that swaps the uploads too';
    const got = `${which} would be refused: ${obstacles.map((one) => `${one.what}: ${one.got}`).join('; ')}`;
    return { ...check, status: 'not proven', got, answer: obstacles.map(({ todo }) => todo).join('; ') };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return { ...check, status: 'not proven', got: error.message, answer: error.hint };
  }
}
