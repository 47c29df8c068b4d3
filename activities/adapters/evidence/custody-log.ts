import { createHash } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../error-code.ts';

/** One thing that was done with evidence. Times are ISO 8601 in UTC. */
export type CustodyEntry = {
  readonly at: string;
  readonly who: string;
  readonly what: 'collected' | 'not collected' | 'sealed' | 'exported';
  readonly file: string;
  /** The command or source it came from, or why it was not collected. */
  readonly how: string;
  readonly bytes?: number;
  readonly sha256?: string;
};

/** The name of the log in a folder of evidence. */
export const CUSTODY_FILE = 'custody.jsonl';

/** An entry as it stands in the log: each carries the hash of the line before, so that none can be taken out or changed. */
export type ChainedEntry = CustodyEntry & { readonly previous: string };

/** The log as it is read back: `broken` names the first line that does not fit the one before. */
export type CustodyChain = {
  readonly entries: readonly ChainedEntry[];
  /** The hash of the line with this number, counted from 1; entry 0 stands for the beginning. */
  readonly hashes: readonly string[];
  readonly broken: number | null;
};

const BEGINNING = '0'.repeat(64);

/** Adds an entry, fsynced. A last line that a power failure cut is left out. */
export const addCustody = async (folder: string, entry: CustodyEntry): Promise<void> => {
  const file = join(folder, CUSTODY_FILE);
  const lines = await linesOf(file);
  const previous = lines.length === 0 ? BEGINNING : hashOf(lines.at(-1) ?? '');
  const handle = await open(file, 'a', 0o600);
  try {
    const kept = lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    await handle.truncate(kept);
    await handle.appendFile(`${JSON.stringify({ ...entry, previous })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Reads the log and proves that each line follows from the one before. */
export const readCustody = async (folder: string): Promise<CustodyChain> => {
  const lines = await linesOf(join(folder, CUSTODY_FILE));
  const hashes = [BEGINNING, ...lines.map(hashOf)];
  const entries: ChainedEntry[] = [];
  for (const [index, line] of lines.entries()) {
    const entry = parse(line);
    if (entry === null || entry.previous !== hashes[index]) return { entries, hashes, broken: index + 1 };
    entries.push(entry);
  }
  return { entries, hashes, broken: null };
};

const linesOf = async (file: string): Promise<string[]> => {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').slice(0, -1);
};

const parse = (line: string): ChainedEntry | null => {
  try {
    const entry: ChainedEntry = JSON.parse(line);
    return entry;
  } catch {
    return null;
  }
};

const hashOf = (line: string): string => createHash('sha256').update(line).digest('hex');
