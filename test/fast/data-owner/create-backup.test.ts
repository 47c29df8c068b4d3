import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { readManifest } from '../../../activities/adapters/data-owner/archive/backup-manifest.ts';
import type { Progress } from '../../../activities/adapters/data-owner/child-messages.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, ownAll, readRows, type Site } from './support/build-site.ts';

test('repeating a finished backup answers the same and writes nothing', async () => {
  const site = buildSite({ own: false });
  const first = await operations.createBackup(argsFor(site), context);
  const { mtimeMs, ino } = statSync(site.archive);
  expect(await operations.createBackup(argsFor(site), context)).toEqual(first);
  expect(statSync(site.archive)).toMatchObject({ mtimeMs, ino });
});

test('an archive of another run, or a stranger under its name, is never overwritten', async () => {
  const site = buildSite({ own: false });
  await operations.createBackup(argsFor(site), context);
  const other = operations.createBackup({ ...argsFor(site), runId: 'run-2' }, context);
  await expect(other).rejects.toMatchObject({ code: 'ALREADY_EXISTS', retryable: false });
  writeFileSync(site.archive, 'changed since');
  await expect(operations.createBackup(argsFor(site), context)).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
  rmSync(site.manifest);
  await expect(operations.createBackup(argsFor(site), context)).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
  expect(readFileSync(site.archive, 'utf8')).toBe('changed since');
});

test('names that a backup cannot have are refused before anything is written', async () => {
  const site = buildSite({ own: false });
  const wrong = [
    { archive: join(site.backups, 'latest.tar.gz') },
    { manifest: '/tmp/m.json' },
    { runId: '../x' },
  ];
  for (const part of wrong) {
    const made = operations.createBackup({ ...argsFor(site), ...part }, context);
    await expect(made).rejects.toMatchObject({ code: 'BAD_INPUT' });
  }
  expect(readdirSync(site.backups)).toEqual([]);
});

test('what is said of the progress adds up: each phase ends at its total, and never goes back', async () => {
  const site = buildSite({ rows: 30_000, own: false });
  const told: Progress[] = [];
  const telling = { ...context, onProgress: (progress: Progress) => void told.push(progress) };
  await operations.createBackup(argsFor(site), telling);
  const phases = [...new Set(told.map(({ phase }) => phase))];
  expect(phases).toEqual(['database snapshot', 'archive']);
  for (const name of phases) {
    const steps = told.filter(({ phase }) => phase === name);
    const [bytes, totals] = [steps.map((step) => step.bytes), new Set(steps.map((step) => step.totalBytes))];
    expect(totals.size, name).toBe(1);
    expect(bytes, name).toEqual(bytes.toSorted((a, b) => a - b));
    expect(bytes.at(-1), name).toBe([...totals][0]);
  }
  const [{ totalBytes: snapshot } = { totalBytes: 0 }] = told;
  expect(snapshot).toBe(statSync(site.database).size);
  await operations.createBackup(argsFor(site), telling);
  const { bytes, totalBytes } = told.at(-1) ?? { bytes: 0, totalBytes: 1 };
  expect([bytes, totalBytes]).toEqual([statSync(site.archive).size, statSync(site.archive).size]);
});

test('under a rate limit a backup takes the time that its bytes need, and is otherwise the same', async () => {
  const site = buildSite({ rows: 6_000, own: false });
  const started = performance.now();
  const made = await operations.createBackup(
    { ...argsFor(site), pace: 'gentle', megabytesPerSecond: 1 },
    context,
  );
  const least = (statSync(site.database).size + made.uploads.bytes) / 1_000_000 - 0.2;
  expect((performance.now() - started) / 1_000).toBeGreaterThan(least);
  expect(least).toBeGreaterThan(0.8);
  expect(made.made).toMatchObject({ pace: 'gentle', megabytesPerSecond: 1 });
  expect((await operations.verifyBackup({ ...site, full: true }, context)).ok).toBe(true);
});

function argsFor({ database, uploads, archive, manifest }: Site) {
  return { database, uploads, archive, manifest, runId: 'run-1' };
}

test('of two backups with one name one is made, and the other is refused without touching it', async () => {
  const site = buildSite();
  const both = ['run-1', 'run-2'].map((runId) => dataOwner.createBackup({ ...argsFor(site), runId }));
  const ends = await Promise.allSettled(both);
  const [made] = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  const [refused] = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  expect(refused).toMatchObject({ code: 'ALREADY_EXISTS', retryable: false });
  expect(await readManifest(site.manifest)).toMatchObject({ runId: made?.runId, sha256: made?.sha256 });
  const { archive, manifest, scratch } = site;
  expect((await dataOwner.verifyBackup({ archive, manifest, scratch, full: true })).ok).toBe(true);
});

test('a backup beside a restore holds the old or the new database, and a restore under it is refused', async () => {
  const site = buildSite({ rows: 20_000 });
  const old = await dataOwner.createBackup(argsFor(site));
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('late@example.org')");
  app.close();
  ownAll(`${site.root}/data`);
  const archive = join(site.backups, 'fdts_backup_20260104_020001.tar.gz');
  const manifest = `${archive}.manifest.json`;
  const { database, asideDir, scratch } = site;
  const [beside, restored] = await Promise.allSettled([
    dataOwner.createBackup({ ...argsFor(site), archive, manifest, runId: 'run-2' }),
    dataOwner.restoreFromBackup({
      archive: site.archive,
      manifest: site.manifest,
      scratch,
      database,
      asideDir,
      runId: 'run-3',
    }),
  ]);
  const rows = old.database.tables['users'] ?? 0;
  const now = restored.status === 'fulfilled' ? rows : rows + 1;
  if (restored.status === 'rejected') expect(restored.reason).toMatchObject({ code: 'DATABASE_IN_USE' });
  expect(readRows(database)).toMatchObject({ users: now, integrity: 'ok' });
  // Either may find the database taken by the other; what there is of an archive is whole.
  expect(existsSync(archive)).toBe(beside.status === 'fulfilled');
  if (beside.status === 'rejected') return;
  const verified = await dataOwner.verifyBackup({ archive, manifest, scratch, full: true });
  expect([rows, rows + 1]).toContain(verified.database.tables['users']);
});
