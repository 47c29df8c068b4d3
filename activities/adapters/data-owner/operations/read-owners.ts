import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { OwnedEntry } from '../archive/extract-uploads.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { restoreFolders } from '../restore/restore-folders.ts';
import { readRestoreRecord } from '../restore/restore-record.ts';

/** More are read with the next call. */
const MOST = 20_000;

/** Entries of a staged backup that belonged to somebody else than the owner of the data, from the given one on. */
export async function readOwners({ asideDir, from }: { asideDir: string; from: number }): Promise<{
  /** Where they lie. */
  folder: string;
  entries: OwnedEntry[];
}> {
  try {
    const record = await readRestoreRecord(asideDir);
    if (record === undefined) throw new Error(`no backup is staged in ${asideDir}`);
    const { stagedOwners, stagedUploads } = restoreFolders(asideDir, record.uploadsAside);
    const entries: OwnedEntry[] = [];
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(stagedOwners) })) {
      number += 1;
      if (number <= from) continue;
      const entry: OwnedEntry = JSON.parse(line);
      entries.push(entry);
      if (entries.length === MOST) break;
    }
    return { folder: stagedUploads, entries };
  } catch (cause) {
    throw explainFailure('readOwners', cause, asideDir);
  }
}
