import { errorCode } from '../../error-code.ts';
import { OperationError } from '../../operation-error.ts';
import { explainFailure } from '../files/explain-failure.ts';

/** They say nothing about the file that is read: the next one would fail in the same way. */
const OF_THE_PROCESS = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ABORT_ERR']);

/**
 * Reads an archive, or what lies beside it. What keeps it from being read is told as the failure of that file, apart from
 * one of the place that it is extracted to: throws `BACKUP_UNREADABLE`.
 */
export async function readingArchive<Result>(file: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

/** The same for one that is read piece by piece. */
export async function* readingPieces(file: string, pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (cause) {
    throw unreadable(file, cause);
  }
}

function unreadable(file: string, cause: unknown): unknown {
  const code = errorCode(cause);
  if (code === '' || OF_THE_PROCESS.has(code)) return cause;
  const operation = 'readArchive';
  const { hint, retryable } = explainFailure(operation, cause, file);
  return new OperationError({ code: 'BACKUP_UNREADABLE', operation, target: file, cause, hint, retryable });
}
