import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRandom } from './random.ts';

/** An uploaded file as the database knows it; `path` is relative to the uploads folder. */
export interface SeedFile {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** Writes `count` files of 1 to 200 KB into nested folders YYYY/MM; the same bytes every time. */
export function seedUploads(folder: string, count: number): readonly SeedFile[] {
  const random = createRandom(4);
  return Array.from({ length: count }, (_, index) => writeOne(folder, index, random));
}

function writeOne(folder: string, index: number, random: () => number): SeedFile {
  const id = uuid(random);
  const month = String(1 + Math.floor(random() * 12)).padStart(2, '0');
  const path = `2025/${month}/${id}`;
  const bytes = content(1024 + Math.floor(random() ** 3 * 199 * 1024), random);
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { id, name: `document-${index + 1}.bin`, path, size: bytes.length, sha256 };
}

/** Half random, half repeating, so that it compresses like documents do. */
function content(size: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(size, 'The quick brown fox jumps over the lazy dog. ');
  for (let at = 0; at + 4 <= size; at += 8) bytes.writeUInt32LE(Math.floor(random() * 0x1_0000_0000), at);
  return bytes;
}

function uuid(random: () => number): string {
  const digits = Array.from({ length: 4 }, () =>
    Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
  ];
  return [...parts, digits.slice(20)].join('-');
}
