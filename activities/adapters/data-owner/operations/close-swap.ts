import { OperationError } from '../../operation-error.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { type RestorePlace, readRestoreRecord, writeRestoreRecord } from '../restore/restore-record.ts';

const operation = 'closeSwap';

/** Writes down that users are in on what was swapped in, so that nothing takes it back any more. Repeating it does nothing. */
export async function closeSwap({ asideDir }: RestorePlace): Promise<null> {
  try {
    const record = await readRestoreRecord(asideDir);
    if (record?.phase === 'done') return null;
    if (record?.phase !== 'swapped') throw notSwapped(asideDir);
    await writeRestoreRecord(asideDir, { ...record, phase: 'done' });
    return null;
  } catch (cause) {
    throw explainFailure(operation, cause, asideDir);
  }
}

function notSwapped(target: string): OperationError {
  return new OperationError({
    code: 'NOT_SWAPPED',
    operation,
    target,
    cause: 'no swap was finished there',
    hint: 'look at the report of the run',
    retryable: false,
  });
}
