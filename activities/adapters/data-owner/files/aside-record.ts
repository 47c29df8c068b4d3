import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeDurably } from './durable-file.ts';

/** A file by size and content. */
interface FileIdentity {
  bytes: number;
  /** Hex. */
  sha256: string;
}

/** `aside.json`: written before a swap, so that whoever comes after a kill knows what was where. */
export interface AsideRecord {
  format: 1;
  runId: string;
  database: string;
  /** The database that was there before; undefined when there was none. */
  original?: FileIdentity;
  replacement: FileIdentity;
  /** What the operation answers, as JSON; answered again when it is repeated after the swap. */
  result: string;
}

/** Where the original database lies inside an aside folder. */
export function originalIn(asideDir: string): string {
  return join(asideDir, 'database.sqlite');
}

export async function writeAsideRecord(asideDir: string, record: AsideRecord): Promise<void> {
  await writeDurably(join(asideDir, 'aside.json'), JSON.stringify(record));
}

/** The record of an aside folder, or undefined when nothing was begun there. */
export async function readAsideRecord(asideDir: string): Promise<AsideRecord | undefined> {
  const text = await readFile(join(asideDir, 'aside.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const record: AsideRecord | undefined = text === undefined ? undefined : JSON.parse(text);
  return record;
}

/** Where the original is: `aside` after a swap, `both` when linked but not swapped, `in-place` otherwise. */
export async function whereOriginalIs(
  database: string,
  asideDir: string,
): Promise<'aside' | 'both' | 'in-place'> {
  const aside = await lstat(originalIn(asideDir)).catch(() => undefined);
  if (aside === undefined) return 'in-place';
  const current = await lstat(database).catch(() => undefined);
  return current?.ino === aside.ino && current.dev === aside.dev ? 'both' : 'aside';
}
