import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { requireFreeSpace, SPARE_FOR_APP } from '../files/require-free-space.ts';
import { BrokenArchiveError } from './broken-archive-error.ts';
import type { ArchiveCheck } from './check-archive.ts';
import type { ReadEntry } from './read-tar.ts';

/** Writes the database member to its file; one whose size is not the manifest's, or that has no room, is not begun. */
export async function extractDatabase(
  { size, body }: ReadEntry,
  { databaseFile, syncDatabase, manifest, onDatabase }: ArchiveCheck,
): Promise<{ bytes: number; sha256: string }> {
  if (manifest !== undefined && size !== manifest.database.bytes)
    throw new BrokenArchiveError(
      `the database has another size than the manifest says (got ${size}, expected ${manifest.database.bytes})`,
    );
  // What is made durable lies beside the live data, anything else in scratch.
  const spare = syncDatabase ? SPARE_FOR_APP : 1 << 20;
  await requireFreeSpace('extract the database', dirname(databaseFile), size + spare);
  const handle = await open(databaseFile, 'wx', 0o600);
  const hash = createHash('sha256');
  try {
    for await (const piece of body) {
      hash.update(piece);
      await handle.writeFile(piece);
    }
    if (syncDatabase) await handle.sync();
  } finally {
    await handle.close();
  }
  const database = { bytes: size, sha256: hash.digest('hex') };
  if (manifest === undefined || database.sha256 === manifest.database.sha256) onDatabase(database);
  return database;
}
