import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../cache-folder.ts';
import { command } from '../docker.ts';
import { contentHash } from '../images/content-hash.ts';
import { seedCounts, seedDatabase } from './seed-database.ts';
import { seedUploads } from './seed-uploads.ts';

const here = dirname(fileURLToPath(import.meta.url));
const schema = join(here, '..', 'fdts', 'app', 'schema.sql');

/** Path of a tar archive with data/database.sqlite and uploads/; made once, then kept outside the checkout. */
export async function ensureSeed(say: (line: string) => void): Promise<string> {
  const cache = await cacheFolder();
  const archive = join(cache, `seed-${await contentHash([here, schema])}.tar`);
  if (existsSync(archive)) return archive;
  say(`seeding ${seedCounts.users} users, ${seedCounts.auditLogs} audit rows, ${seedCounts.files} files`);
  const folder = await mkdtemp(join(cache, 'seed-'));
  try {
    await mkdir(join(folder, 'data'));
    await mkdir(join(folder, 'uploads'));
    const files = seedUploads(join(folder, 'uploads'), seedCounts.files);
    seedDatabase(join(folder, 'data/database.sqlite'), schema, files);
    const made = join(folder, 'seed.tar');
    await command('tar', ['-C', folder, '--owner=10001', '--group=10001', '-cf', made, 'data', 'uploads']);
    await removeOlder(cache);
    await rename(made, archive);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return archive;
}

async function removeOlder(cache: string): Promise<void> {
  const archives = (await readdir(cache)).filter((name) => /^seed-\w+\.tar$/.test(name));
  await Promise.all(archives.map((name) => rm(join(cache, name), { force: true })));
}
