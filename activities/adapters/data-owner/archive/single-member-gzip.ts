import { promisify } from 'node:util';
import { constants, crc32, deflateRaw as deflateRawCallback, deflateRawSync } from 'node:zlib';
import { densityRuns } from './density-runs.ts';
import { storedBlock, storedBlockBytes } from './stored-block.ts';

const deflateRaw = promisify<Buffer, object, Buffer>(deflateRawCallback);
const windowBytes = 32 << 10;
const runsInFlight = 6;

/**
 * Compresses on all processors into ONE gzip member, the way pigz does: runs of up to 1 MiB, each with the end of the
 * one before as dictionary. One member, because an archive of several that is cut between two of them passes `gzip -t`.
 */
export async function* singleMemberGzip(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);
  let crc = 0;
  let bytes = 0;
  let dictionary: Buffer | undefined;
  const queue: Promise<Buffer>[] = [];
  try {
    for await (const run of densityRuns(source)) {
      crc = crc32(run.bytes, crc);
      bytes += run.bytes.length;
      queue.push(run.isDense ? Promise.resolve(store(run.bytes)) : compress(run.bytes, dictionary));
      dictionary = run.bytes.subarray(-windowBytes);
      if (queue.length >= runsInFlight) yield (await queue.shift()) ?? Buffer.alloc(0);
    }
    for (const compressed of queue.splice(0)) yield await compressed;
  } finally {
    await Promise.allSettled(queue);
  }
  yield deflateRawSync(Buffer.alloc(0), { finishFlush: constants.Z_FINISH });
  yield gzipTrailer(crc, bytes);
}

/** The last 8 bytes of a gzip member: checksum and length of what is in it. */
export function gzipTrailer(crc: number, bytes: number): Buffer {
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  return trailer;
}

function compress(bytes: Buffer, dictionary: Buffer | undefined): Promise<Buffer> {
  return deflateRaw(bytes, {
    level: 1,
    finishFlush: constants.Z_SYNC_FLUSH,
    // Room for all of it: each time that the output is full, zlib comes back to this thread for more.
    chunkSize: bytes.length + 1_024,
    ...(dictionary === undefined ? {} : { dictionary }),
  });
}

function store(bytes: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += storedBlockBytes)
    blocks.push(...storedBlock(bytes.subarray(at, at + storedBlockBytes), false));
  return Buffer.concat(blocks);
}
