import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRandom } from '../../sandbox/seed/random.ts';
import type { SeedFile } from '../../sandbox/seed/seed-uploads.ts';

/** How many uploads there are at scale 1; 100 KB on average. */
export const benchUploads = 3_000;

const averageBytes = 100_700;
const sentence =
  'Whoever signs this page has read it, agrees with it, and keeps a copy of it for five years. ';

/** Writes uploads into folders YYYY/MM: three of five are pictures or archives (random), the others are text. */
export function writeUploads(folder: string, count: number): SeedFile[] {
  const random = createRandom(13);
  return Array.from({ length: count }, (_, index) => {
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const path = `2025/${String(1 + (index % 12)).padStart(2, '0')}/${id}`;
    const size = 1_024 + Math.floor(random() * 2 * (averageBytes - 1_024));
    const bytes = index % 5 < 3 ? noise(index, size) : text(size, random);
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { id, name: `document-${index + 1}.bin`, path, size, sha256 };
  });
}

/** Bytes that do not compress: the key stream of a cipher, the same for the same seed. */
function noise(seed: number, size: number): Buffer {
  const key = Buffer.alloc(16, seed % 251);
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(seed);
  return createCipheriv('aes-128-ctr', key, counter).update(Buffer.alloc(size));
}

function text(size: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(size, sentence);
  for (let at = 0; at + 20 < size; at += 40) bytes.write(random().toString(36).slice(2, 12), at);
  return bytes;
}
