import { dirname } from 'node:path';
import { OperationError } from '../../operation-error.ts';
import { readAsideRecord, whereOriginalIs } from './aside-record.ts';
import { requireSwappable } from './database-folder.ts';
import { explainFailure } from './explain-failure.ts';
import { withFolderLock } from './folder-lock.ts';

/** Which database is replaced, by which run, and where its original goes. Full paths. */
export interface Replacement {
  database: string;
  asideDir: string;
  runId: string;
}

/**
 * Replaces a database by `replace`, as the only one in its folder: when the run has done so before, the result of then is
 * answered and nothing is done. Throws `ALREADY_EXISTS` for a folder of another run.
 */
export async function replaceOnce<Result>(
  operation: string,
  { database, asideDir, runId }: Replacement,
  replace: () => Promise<Result>,
): Promise<Result> {
  try {
    return await withFolderLock(operation, dirname(database), async () => {
      const record = await readAsideRecord(asideDir);
      if (record !== undefined && record.runId !== runId) throw ofOtherRun(operation, asideDir, record.runId);
      if (record !== undefined && (await whereOriginalIs(database, asideDir)) === 'aside') {
        const earlier: Result = JSON.parse(record.result);
        return earlier;
      }
      await requireSwappable(operation, database, asideDir);
      return replace();
    });
  } catch (cause) {
    throw explainFailure(operation, cause, database);
  }
}

function ofOtherRun(operation: string, target: string, runId: string): OperationError {
  const cause = `this folder belongs to run ${runId}`;
  const hint = 'use a folder named after this run';
  return new OperationError({ code: 'ALREADY_EXISTS', operation, target, cause, hint, retryable: false });
}
