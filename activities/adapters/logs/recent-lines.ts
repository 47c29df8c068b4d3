import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { OperationError } from '../operation-error.ts';

/** No more than this of the end of a log is read. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The lines at the end of a log file, and before them those of the file that it was rotated to since then
 * (milliseconds since 1970). Older lines come too: whoever reads them looks at their time.
 */
export async function* recentLines(file: string, since: number): AsyncGenerator<string> {
  const rotated = await stat(`${file}.1`).catch(() => null);
  if (rotated !== null && rotated.mtimeMs >= since) yield* linesOf(`${file}.1`);
  yield* linesOf(file);
}

async function* linesOf(file: string): AsyncGenerator<string> {
  try {
    const { size } = await stat(file);
    const input = createReadStream(file, { start: Math.max(0, size - MOST_BYTES), encoding: 'utf8' });
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    throw new OperationError({
      code: 'LOG_UNREADABLE',
      operation: 'recentLines',
      target: file,
      cause: error,
      hint: "Correct accessLog.file in the configuration, or let the worker's user read it (usermod -aG GROUP fdts-ops).",
      retryable: false,
    });
  }
}
