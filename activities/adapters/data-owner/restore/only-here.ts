import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../error-code.ts';
import { originalIn } from '../files/aside-record.ts';
import { exists } from '../files/durable-file.ts';
import { readListing } from '../files/upload-listing.ts';
import { onDisk } from '../files/upload-name.ts';
import { isLink } from '../files/upload-problem.ts';
import { walkUploads } from '../files/walk-uploads.ts';
import { readDatabase } from '../sqlite/open-database.ts';
import { salvagedTables } from './copy-missing-rows.ts';
import { restoreFolders } from './restore-folders.ts';
import { type RestoreRecord, readRestoreRecord } from './restore-record.ts';
import { NO_ROWS_OF_ITS_OWN } from './virtual-tables.ts';

/**
 * What lies in the aside folder of a run and is nowhere else, in words and numbers; empty when there is nothing. The
 * database of before is elsewhere, in the backup and the salvaged rows, once its rows were salvaged, but for tables that
 * could not be; and so are its uploads, but those that the backup lacks; where they stayed in their place, those of the
 * backup, which may be gone any day, count. What cannot be read counts as nowhere else.
 */
export async function whatIsOnlyHere(asideDir: string): Promise<string[]> {
  try {
    if (asideDir.endsWith('-damaged')) return await damaged(asideDir);
    const record = await readRestoreRecord(asideDir);
    if (record === undefined) return await movedAside(join(asideDir, 'uploads'));
    if (['staged', 'taken-back'].includes(record.phase)) return [];
    if (!['swapped', 'done'].includes(record.phase))
      return [`the data of users: the swap was left at "${record.phase}"`];
    const uploads = record.keepsUploads
      ? await uploadsOfBackup(record, asideDir)
      : await oldUploads(record, asideDir);
    return [...(await oldRows(record, asideDir)), ...uploads];
  } catch (error) {
    return [`what cannot be read: ${errorMessage(error)}`];
  }
}

/** Beside the hashes of a damaged database, which are told elsewhere, only that database itself lies there. */
async function damaged(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.some((name) => name.startsWith('database.sqlite')) ? ['the damaged database'] : [];
}

/** A rollback of a window moves away what its database does not know. */
async function movedAside(folder: string): Promise<string[]> {
  const { files, links } = (await exists(folder)) ? await count(folder) : { files: 0, links: 0 };
  return told(files + links, 'uploads that came after the stop of that run');
}

async function oldRows({ original }: RestoreRecord, asideDir: string): Promise<string[]> {
  const file = join(asideDir, 'salvage.sqlite');
  if (!(await exists(file))) {
    const isThere = original !== null && (await exists(originalIn(asideDir)));
    return isThere ? ['the old database, of which no rows were salvaged'] : [];
  }
  const { tables, notSalvaged } = await readDatabase('findAside', file, salvagedTables);
  const found = Object.values(tables);
  const rows = found.reduce((sum, table) => sum + table.rows, 0);
  const places = found.reduce((sum, table) => sum + table.unreadable, 0);
  const others = Object.values(notSalvaged).filter((why) => why !== NO_ROWS_OF_ITS_OWN).length;
  return [
    ...told(rows, 'rows in salvage.sqlite'),
    ...told(places, 'damaged places of the old database'),
    ...told(others, 'tables of the old database that could not be salvaged'),
  ];
}

async function oldUploads({ uploadsAside }: RestoreRecord, asideDir: string): Promise<string[]> {
  const { oldUploads: folder } = restoreFolders(asideDir, uploadsAside);
  if (!(await exists(folder))) return [];
  const listing = join(asideDir, 'uploads-not-in-backup.jsonl');
  const { files, links } = await count(folder);
  const lacking = (await exists(listing)) ? (await readListing(listing)).length : files;
  return [
    ...told(Math.min(lacking, files), 'uploads that the backup lacks or has otherwise'),
    ...told(links, 'links among the uploads, which no backup has'),
  ];
}

/** Where the uploads stayed, those of the backup were only extracted: it may be removed before, or after, somebody looks here. */
async function uploadsOfBackup(
  { uploads, uploadsAside }: RestoreRecord,
  asideDir: string,
): Promise<string[]> {
  const { stagedUploads } = restoreFolders(asideDir, uploadsAside);
  if (!(await exists(stagedUploads))) return [];
  let missing = 0;
  for await (const { path, isFolder } of walkUploads(stagedUploads))
    if (!isFolder && !(await exists(onDisk(uploads, path)))) missing += 1;
  return told(missing, 'uploads of the backup that are not among those of now');
}

async function count(folder: string): Promise<{ files: number; links: number }> {
  const found = { files: 0, links: 0 };
  const onWarning = ({ what }: { what: Parameters<typeof isLink>[0] }) => {
    if (isLink(what)) found.links += 1;
  };
  for await (const { isFolder } of walkUploads(folder, { onWarning })) if (!isFolder) found.files += 1;
  return found;
}

function told(number: number, what: string): string[] {
  return number === 0 ? [] : [`${number} ${what}`];
}
