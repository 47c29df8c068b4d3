import { readSync, writeSync } from 'node:fs';
import { errorCode } from '../error-code.ts';
import type { ChildMessage, ChildRequest, OperationContext, Progress } from './child-messages.ts';
import { endWithParent } from './end-with-parent.ts';
import { explainFailure, StoppedError } from './files/explain-failure.ts';
import { operations } from './operations/index.ts';

/*
 * The program that runs as the owner of FDTS's files: one request on stdin, JSON lines on stdout, then it ends.
 * Whatever it was doing may be cut at any point by SIGKILL; every operation is written to be repeated after that.
 */
process.umask(0o027);
const request: ChildRequest = JSON.parse(readFirstLine());
endWithParent();

const stopping = new AbortController();
process.once('SIGTERM', () => stopping.abort(new StoppedError()));

try {
  const result = await perform(request);
  await say({ result });
  process.exit(0);
} catch (cause) {
  await say({ error: toFailure(cause) });
  process.exit(1);
}

async function perform({ operation, args }: ChildRequest): Promise<unknown> {
  const table: Record<string, (args: never, context: OperationContext) => Promise<unknown>> = operations;
  const run = table[operation];
  if (run === undefined) throw new Error(`no operation is called ${operation}`);
  return run(args, { signal: stopping.signal, onProgress: throttled() });
}

/** At most four lines a second in one phase: a heartbeat needs no more. */
function throttled() {
  let lastPhase = '';
  let lastAt = 0;
  return (progress: Progress) => {
    const now = Date.now();
    if (progress.phase === lastPhase && now - lastAt < 250) return;
    lastPhase = progress.phase;
    lastAt = now;
    writeSync(1, `${JSON.stringify({ progress })}\n`);
  };
}

function toFailure(cause: unknown) {
  const error = explainFailure(request.operation, cause);
  const prefix = `${error.operation} ${error.target}: `;
  const message = error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
  return { code: error.code, target: error.target, message, hint: error.hint, retryable: error.retryable };
}

function say(message: { result: unknown } | Extract<ChildMessage, { error: unknown }>): Promise<void> {
  return new Promise((written) => {
    process.stdout.write(`${JSON.stringify(message)}\n`, () => written());
  });
}

/** Read synchronously and byte by byte so that nothing after the line is swallowed and stdin is free for the watcher. */
function readFirstLine(): string {
  const chunks: Buffer[] = [];
  const chunk = Buffer.alloc(65_536);
  for (;;) {
    const length = readSome(chunk);
    if (length === 0) break;
    chunks.push(Buffer.from(chunk.subarray(0, length)));
    if (chunk.subarray(0, length).includes(0x0a)) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The pipe from Node is non-blocking, so an empty one answers EAGAIN; the request follows within milliseconds. */
function readSome(chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(0, chunk);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
