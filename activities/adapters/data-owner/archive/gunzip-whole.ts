import { pipeline, Readable } from 'node:stream';
import { createGunzip, type Gunzip, type ZlibOptions } from 'node:zlib';
import { errorCode, errorMessage } from '../../error-code.ts';
import { BrokenArchiveError } from './broken-archive-error.ts';
import { WatchedInput } from './watched-input.ts';

/** No gzip of real data expands more than this beyond the first GiB; more is a file made to fill the disk. */
const largestRatio = 400;
const ratioAllowance = 1 << 30;
/** So much is decompressed on another thread while what came before is hashed and written. */
const ahead: ZlibOptions & { readableHighWaterMark: number } = {
  chunkSize: 1 << 20,
  readableHighWaterMark: 4 << 20,
};
const gzipMagic = Buffer.from([0x1f, 0x8b]);

/** The most that is believed to come out of a gzip of this size, beside what its manifest announces. */
export function mostFrom(compressedBytes: number, announcedBytes: number): number {
  return compressedBytes * largestRatio + ratioAllowance + announcedBytes;
}

/**
 * Decompresses to the end, all members of a file of several; throws BrokenArchiveError on a damaged or cut stream, on
 * anything but zeros after it, and on one that expands beyond reason.
 */
export async function* gunzipWhole(
  what: string,
  source: AsyncIterable<Buffer>,
  announcedBytes = 0,
): AsyncGenerator<Buffer> {
  const gunzip = createGunzip(ahead);
  const input = new WatchedInput(source);
  const feed = Readable.from(
    input.read(() => gunzip.bytesWritten),
    { objectMode: true, highWaterMark: 4 },
  );
  // It complains when the gzip ends before its input does; what matters of it ends the loop below with an error.
  pipeline(feed, gunzip, () => undefined);
  try {
    yield* withinReason(what, gunzip, announcedBytes);
  } catch (error) {
    throw inWords(what, error, input.start);
  }
  if (!(await input.isZeroFrom(gunzip.bytesWritten)))
    throw new BrokenArchiveError(`${what}: there is data after the end of the gzip`);
}

async function* withinReason(what: string, gunzip: Gunzip, announcedBytes: number): AsyncGenerator<Buffer> {
  let produced = 0;
  for await (const output of gunzip) {
    const piece: Buffer = output;
    produced += piece.length;
    if (produced > mostFrom(gunzip.bytesWritten, announcedBytes))
      throw new BrokenArchiveError(`${what} expands beyond ${largestRatio} times its size`);
    yield piece;
  }
}

/** Only what zlib complains about is the archive's fault; anything else is passed on as it came. */
function inWords(what: string, error: unknown, start: Buffer | undefined): unknown {
  const code = errorCode(error);
  if (!code.startsWith('Z_')) return error;
  const say = (text: string) => new BrokenArchiveError(`${what} ${text}`, { cause: error });
  if (start === undefined) return say('has 0 bytes');
  if (!gzipMagic.subarray(0, start.length).equals(start.subarray(0, 2))) return say(`is ${kindOf(start)}`);
  if (code === 'Z_BUF_ERROR') return say('is truncated: its gzip ends too early');
  return say(`is damaged: ${errorMessage(error)} in its gzip`);
}

/** What a person may have given the name of an archive. */
function kindOf(start: Buffer): string {
  const known = [
    { magic: Buffer.from('PK'), kind: 'a zip file' },
    { magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), kind: 'a zstd file' },
    { magic: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), kind: 'an xz file' },
    { magic: Buffer.from('BZh'), kind: 'a bzip2 file' },
    { magic: Buffer.from('SQLite format 3'), kind: 'an SQLite database' },
  ].find(({ magic }) => start.subarray(0, magic.length).equals(magic));
  const isTar = start.toString('latin1', 257, 262) === 'ustar';
  return `${isTar ? 'a tar that is not compressed' : (known?.kind ?? 'something else')}, not a gzip file`;
}
