import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { errorCode, errorMessage } from '../../error-code.ts';
import { coalesce } from './coalesce.ts';
import { gzipTrailer } from './single-member-gzip.ts';

/** Thrown when igzip is not there or did not do its work: the archive can still be made with zlib. */
export class IgzipError extends Error {
  override readonly name = 'IgzipError';
}

/**
 * Compresses by `igzip` of Debian's package isal, which takes a third of zlib's time, into ONE gzip member. Its last
 * bytes are compared with our own checksum and length of what it was given, so that it cannot have lost any of it.
 */
export async function* igzipMember(
  source: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const igzip = await start(signal);
  const ended = new Promise<string>((resolve) => {
    igzip.once('close', (code, killedBy) => resolve(killedBy ?? `exit code ${code}`));
  });
  const complaints: string[] = [];
  igzip.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text.slice(0, 500)));
  const given = { crc: 0, bytes: 0 };
  const fed = feed(igzip.stdin, sum(source, given));
  fed.catch(() => igzip.kill('SIGKILL'));
  let tail = Buffer.alloc(0);
  try {
    for await (const output of igzip.stdout) {
      const piece: Buffer = output;
      tail = Buffer.concat([tail, piece.subarray(-8)]).subarray(-8);
      yield piece;
    }
    await fed;
    const how = await ended;
    if (how !== 'exit code 0')
      throw new IgzipError(`it ended with ${how} ${complaints.join('').trim()}`.trim());
    if (!tail.equals(gzipTrailer(given.crc, given.bytes)))
      throw new IgzipError('its checksum is not that of what it was given');
  } finally {
    igzip.kill('SIGKILL');
    await Promise.allSettled([fed, ended]);
  }
}

async function start(signal: AbortSignal): Promise<ChildProcessWithoutNullStreams> {
  const igzip = spawn('igzip', ['-1', '-c'], { signal, killSignal: 'SIGKILL' });
  // A pipe whose reader has died, or a process that was aborted: how it ended says why.
  for (const source of [igzip, igzip.stdin]) source.on('error', () => undefined);
  try {
    await once(igzip, 'spawn');
    return igzip;
  } catch (error) {
    throw new IgzipError(errorCode(error) === 'ENOENT' ? 'not installed' : errorMessage(error));
  }
}

async function feed(stdin: Writable, source: AsyncIterable<Buffer>): Promise<void> {
  for await (const piece of coalesce(source, 1 << 16)) {
    if (stdin.destroyed) return;
    if (!stdin.write(piece)) await roomIn(stdin);
  }
  stdin.end();
}

function roomIn(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stdin.off('drain', go).off('close', go);
      resolve();
    };
    stdin.on('drain', go).on('close', go);
    if (stdin.destroyed) go();
  });
}

async function* sum(source: AsyncIterable<Buffer>, given: { crc: number; bytes: number }) {
  for await (const piece of source) {
    if (piece.length > 0) given.crc = crc32(piece, given.crc);
    given.bytes += piece.length;
    yield piece;
  }
}
