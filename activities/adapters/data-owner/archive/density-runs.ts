import { coalesce } from './coalesce.ts';

/** Bytes in a row that are worth compressing, or are not (`isDense`). */
export interface Run {
  bytes: Buffer;
  isDense: boolean;
}

/** Small against an upload of 100 KB, so that a picture between two texts is seen. */
const grainBytes = 32 << 10;
const longestRun = 1 << 20;
const sampleBytes = 2 << 10;

/**
 * Cuts a stream where compressible bytes and dense ones (pictures, archives) meet: deflating the dense ones costs most
 * of the time and gains nothing.
 */
export async function* densityRuns(source: AsyncIterable<Buffer>): AsyncGenerator<Run> {
  for await (const piece of coalesce(source, longestRun / 4)) {
    let from = 0;
    let isDense = false;
    for (let at = 0; at < piece.length; at += grainBytes) {
      const isNextDense = looksDense(piece.subarray(at, at + grainBytes));
      const ends = at > from && (isNextDense !== isDense || at - from >= longestRun);
      if (ends) {
        yield { bytes: piece.subarray(from, at), isDense };
        from = at;
      }
      isDense = isNextDense;
    }
    yield { bytes: piece.subarray(from), isDense };
  }
}

function looksDense(grain: Buffer): boolean {
  if (grain.length < 4 * sampleBytes) return false;
  const middle = grain.length >> 1;
  return [0, middle].every((at) => isEvenlySpread(grain.subarray(at, at + sampleBytes)));
}

/** Whether all byte values are about as frequent as each other, which text, rows and zeros are far from. */
function isEvenlySpread(sample: Buffer): boolean {
  const counts = new Uint32Array(256);
  for (const byte of sample) counts[byte] = (counts[byte] ?? 0) + 1;
  let squares = 0;
  for (const count of counts) squares += count * count;
  const expectedOfNoise = sample.length + sample.length ** 2 / 256;
  return squares < 1.2 * expectedOfNoise;
}
