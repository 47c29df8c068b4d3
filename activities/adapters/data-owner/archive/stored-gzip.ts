import { crc32 } from 'node:zlib';
import { gzipTrailer } from './single-member-gzip.ts';
import { storedBlock, storedBlockBytes } from './stored-block.ts';

/** The size of `storedGzip`'s output for `bytes` of input: known before a byte is read, unlike that of compression. */
export function storedGzipSize(bytes: number): number {
  return 10 + Math.max(1, Math.ceil(bytes / storedBlockBytes)) * 5 + bytes + 8;
}

/**
 * A gzip member whose blocks are stored, not compressed. The uploads sit like this inside the archive: its header can
 * then be written in one pass without a temporary file, and they are compressed once, by the outer gzip.
 */
export async function* storedGzip(source: AsyncIterable<Buffer>, totalBytes: number): AsyncGenerator<Buffer> {
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
  let crc = 0;
  let done = 0;
  let block = blockFor(totalBytes);
  let filled = 0;
  for await (const chunk of source) {
    if (chunk.length === 0) continue; // zlib answers 0 for the checksum of nothing, whatever came before
    crc = crc32(chunk, crc);
    for (let at = 0; at < chunk.length; ) {
      if (filled === block.length) throw wrongLength(done + chunk.length - at, totalBytes);
      const copied = chunk.copy(block, filled, at);
      at += copied;
      filled += copied;
      done += copied;
      if (filled < block.length) continue;
      yield* storedBlock(block, done === totalBytes);
      block = blockFor(totalBytes - done);
      filled = 0;
    }
  }
  if (done !== totalBytes) throw wrongLength(done, totalBytes);
  if (totalBytes === 0) yield* storedBlock(block, true);
  yield gzipTrailer(crc, totalBytes);
}

function blockFor(bytesLeft: number): Buffer {
  return Buffer.allocUnsafe(Math.min(bytesLeft, storedBlockBytes));
}

function wrongLength(got: number, announced: number): Error {
  return new Error(`${got} bytes came where ${announced} were announced`);
}
