import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { operations } from '../../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, type Site } from './build-site.ts';

/** Paths and run of a restore, as its operations get them. */
export function placeOf({ database, uploads, asideDir }: Site) {
  return { database, uploads, asideDir, runId: 'run-1' };
}

/** The arguments that stage the site's archive. */
export function stageArgs(site: Site) {
  const { archive, manifest } = site;
  return { ...placeOf(site), archive, manifest, coreTables: ['users', 'audit_logs'] };
}

/** Database and uploads in one word for each: two sites with the same words hold the same bytes. */
export function contentOf({ database, uploads }: Pick<Site, 'database' | 'uploads'>) {
  return {
    database: existsSync(database) ? hash(readFileSync(database)) : 'none',
    uploads: filesIn(uploads),
  };
}

/** A site that was backed up, and that users went on with: a row and an upload more, one of each less, one file changed. */
export async function buildBackedUpSite(own = false) {
  const site = buildSite({ rows: 60, files: 5, own });
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  const backedUp = contentOf(site);
  const app = new Database(database);
  app.exec(`INSERT INTO users (id, email) VALUES (900, 'late@example.org');
    INSERT INTO audit_logs (id, user_id, message) VALUES (900, 900, 'signed up');
    UPDATE users SET email = 'new-name@example.org' WHERE id = 1;
    DELETE FROM audit_logs WHERE id = 2`);
  app.close();
  mkdirSync(join(uploads, '2026'));
  writeFileSync(join(uploads, '2026', 'late.bin'), 'late');
  writeFileSync(join(uploads, 'upload-2.bin'), 'changed');
  rmSync(join(uploads, 'upload-4.bin'));
  return { site, backedUp, before: contentOf(site) };
}

/** Whatever lies beside the database that is no aside folder, no lock, and no index of a log, which holds no data. */
export function besideDatabase({ root }: Site): string[] {
  return readdirSync(join(root, 'data'))
    .filter((name) => !name.startsWith('.fdts-ops') && !name.endsWith('-shm'))
    .sort();
}

function filesIn(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('.fdts-ops') && statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.sort().map((name) => [name, hash(readFileSync(join(folder, name)))]));
}

function hash(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
