import { readFile } from 'node:fs/promises';
import { writeDurably } from './durable-file.ts';

/** An upload by what identifies it: a file replaced by another one of the same name has another time. */
export interface KnownUpload {
  path: string;
  size: number;
  mtimeNs: string;
}

/** Writes a listing, one JSON line for each upload and a last line with their number, so that a cut one is noticed. */
export async function writeListing(path: string, uploads: readonly KnownUpload[]): Promise<void> {
  const lines = [
    ...uploads.map((upload) => JSON.stringify(upload)),
    JSON.stringify({ count: uploads.length }),
  ];
  await writeDurably(path, `${lines.join('\n')}\n`);
}

/** Reads a listing; throws when it is not whole. */
export async function readListing(path: string): Promise<KnownUpload[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  const { count }: { count?: number } = JSON.parse(lines.pop() ?? '{}');
  if (count !== lines.length)
    throw new Error(`the listing of uploads is not whole: ${lines.length} of ${count} lines`);
  return lines.map((line): KnownUpload => JSON.parse(line));
}
