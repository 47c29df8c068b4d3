import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { shellQuote } from '../../../../workflows/contracts/shell-quote.ts';
import { OperationError } from '../../operation-error.ts';
import { nameOf } from './upload-name.ts';

/** Folders of ours; they may lie in the uploads folder when that is a file system of its own. */
const ownFolder = /^\.fdts-ops-/;

/** Whether a name directly below the uploads folder is one of our own folders, and no upload. */
export function isOwnFolder(name: string): boolean {
  return ownFolder.test(name);
}

/** The names directly below an uploads folder, as bytes since they need not be UTF-8; our own folders left out. */
export async function topEntries(uploads: string): Promise<Buffer[]> {
  const names = await readdir(uploads, { encoding: 'buffer' });
  return names.filter((name) => !isOwnFolder(name.toString('latin1')));
}

/**
 * Moves everything directly below one folder, but what `stays`, into another one of the same file system, by renames.
 * Where a name is taken there nothing is moved: a rename would put one user's file in the place of another's. Repeating it
 * moves what is left.
 */
export async function moveEntries(
  operation: string,
  { from, to, stays = [] }: { from: string; to: string; stays?: readonly string[] | undefined },
): Promise<void> {
  const names = (await topEntries(from)).filter((name) => !stays.includes(nameOf(name)));
  const there = new Set((await readdir(to, { encoding: 'latin1' })).map(String));
  const taken = names.filter((name) => there.has(name.toString('latin1'))).length;
  if (taken > 0) throw nameTaken(operation, { from, to, taken });
  for (const name of names) await rename(within(from, name), within(to, name));
}

function within(folder: string, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(join(folder, '/')), name]);
}

/** Counts, since names of users' files do not leave the host. */
function nameTaken(
  operation: string,
  { from, to, taken }: { from: string; to: string; taken: number },
): OperationError {
  return new OperationError({
    code: 'ALREADY_EXISTS',
    operation,
    target: to,
    cause: `${taken} of the names in ${from} are there too, and a file is never put in the place of another one`,
    hint: `see which with: comm -12 <(sudo ls -A ${shellQuote(from)} | sort) <(sudo ls -A ${shellQuote(to)} | sort); move them out of one of the two folders, then repeat`,
    retryable: false,
  });
}
