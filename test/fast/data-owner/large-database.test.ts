import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { checkBackup } from '../../../activities/adapters/data-owner/archive/check-backup.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context } from './support/build-site.ts';

const minutes = 60_000;

test(
  'a database beyond 1 GiB, where one page is never used, comes back equal',
  async () => {
    const site = buildSite({ own: false, rows: 10, files: 1, journal: 'delete' });
    const database = new Database(site.database);
    database.pragma('journal_mode = OFF');
    database.pragma('synchronous = OFF');
    database.exec('CREATE TABLE blobs (content BLOB)');
    for (let blob = 0; blob < 3; blob += 1) database.exec('INSERT INTO blobs VALUES (zeroblob(370000000))');
    database.prepare('INSERT INTO blobs VALUES (?)').run('behind the page at 0x40000000');
    database.close();
    expect(statSync(site.database).size).toBeGreaterThan(2 ** 30 + 8_192);
    await operations.createBackup({ ...site, runId: 'run-1' }, context);
    const { archive, manifest, scratch } = site;
    const { reasons, checked } = await checkBackup(
      { archive, manifest, folder: scratch, full: true },
      context,
    );
    expect(reasons).toEqual([]);
    expect(checked.database.tables['blobs']).toBe(4);
    // Only the counters in the header may differ.
    execFileSync('cmp', ['--ignore-initial=100', site.database, join(scratch, 'database.sqlite')]);
  },
  4 * minutes,
);
