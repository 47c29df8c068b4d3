import type Docker from 'dockerode';
import { dockerFailure } from './failure.ts';

/**
 * The lines that a container logged since a time (ISO), streamed up to now. Raw: they may hold personal data and
 * go nowhere but to `summariseLog` or a file with mode 0600.
 */
export async function* logsSince(
  docker: Docker,
  id: string,
  since: string,
  { timestamps = false } = {},
): AsyncGenerator<string> {
  let stream: AsyncIterable<Buffer>;
  let hasTerminal: boolean;
  try {
    hasTerminal = (await docker.getContainer(id).inspect()).Config.Tty;
    stream = await openLog(docker, id, { since: (Date.parse(since) / 1000).toFixed(3), timestamps });
  } catch (error) {
    throw dockerFailure('logsSince', id, error);
  }
  yield* toLines(hasTerminal ? stream : withoutFrames(stream));
}

// dockerode's own `logs` collects everything in memory unless it follows.
const openLog = (
  docker: Docker,
  id: string,
  query: { readonly since: string; readonly timestamps: boolean },
): Promise<AsyncIterable<Buffer>> =>
  new Promise((resolve, reject) => {
    docker.modem.dial(
      {
        path: `/containers/${id}/logs?`,
        method: 'GET',
        isStream: true,
        statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
        options: { stdout: true, stderr: true, ...query },
      },
      (error, stream) => (isStream(stream) ? resolve(stream) : reject(error)),
    );
  });

const isStream = (value: unknown): value is AsyncIterable<Buffer> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/** Takes away the engine's framing (8 bytes before each piece: stream, three zeros, length). */
async function* withoutFrames(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= 8) {
      const end = 8 + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield rest.subarray(8, end);
      rest = rest.subarray(end);
    }
  }
}

async function* toLines(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}
