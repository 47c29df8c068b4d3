import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

/** Compares a staged backup while an app that waits for no lock writes one user before each table. */
async function compareWhileWriting(journal: string) {
  const site = buildSite({ rows: 60, files: 1, own: false, journal });
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  await operations.stageRestore(stageArgs(site), context);
  const app = new Database(database, { timeout: 0 });
  onTestFinished(() => void app.close());
  const compared: string[] = [];
  const { tables } = await operations.compareWithStaged(placeOf(site), {
    ...context,
    onProgress: ({ phase }) => {
      const table = /^comparing (audit_logs|users)$/.exec(phase)?.[1];
      if (table === undefined) return;
      compared.push(table);
      app.prepare('INSERT INTO users (email) VALUES (?)').run(`before-${table}@example.org`);
    },
  });
  expect(compared).toEqual(['audit_logs', 'users']);
  return tables;
}

test('without a log the app writes between the tables, and each table is counted at one commit', async () => {
  expect(await compareWhileWriting('delete')).toEqual({
    audit_logs: { live: 40, notInBackup: 0, onlyInBackup: 0 },
    users: { live: 42, notInBackup: 2, onlyInBackup: 0 },
  });
});

test('with a log the app writes meanwhile, and all tables are counted as they were at one commit', async () => {
  expect(await compareWhileWriting('wal')).toEqual({
    audit_logs: { live: 40, notInBackup: 0, onlyInBackup: 0 },
    users: { live: 40, notInBackup: 0, onlyInBackup: 0 },
  });
});
