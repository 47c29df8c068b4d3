import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { createWriter, type Writer } from '../../sandbox/writer.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { backUp, startApprovedRestore, startProcedure, whereabouts } from '../support/window/restore-run.ts';
import { startApprovedWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;
let writer: Writer;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  await env.host.resetFdts();
  writer = createWriter(env.host.httpUrl);
}, 120_000);
afterEach(async () => {
  await writer.stop();
  await expectHostFree(env.host);
}, 60_000);

test('a backup is restored while users work: they get its data, and all that they wrote since is accounted for', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  const before = await dataFingerprint(host);
  const archive = await backUp(client);
  await expectWithoutEffect('restoreBackup', { archive }, 'approve-restore');
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(3);

  const run = await startApprovedRestore(client, archive);
  await run.reaches('stop-services', ['done']);
  const shutOut = acknowledgedSoFar();
  const end = await run.ended();
  expect(end.because).toBe('every step and check passed');
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  // Nobody has told them to stop: what they write from now on is served again.
  await expect.poll(acknowledgedSoFar, { timeout: 20_000 }).toBeGreaterThan(shutOut + 4);
  await writer.stop();
  expect(changedData(before, await dataFingerprint(host))).not.toContain('users');

  const found = await whereabouts(host, writer, { stamp: end.report?.stamp ?? '' });
  expect(found).toEqual({ salvaged: shutOut, lost: [] });
  const told = end.report?.sections.find(({ title }) => title === 'What only the old data has')?.lines ?? [];
  expect(told.join('\n')).toMatch(/audit_logs: \d+ rows/);
  expect(end.report?.downtimeSeconds).toBeGreaterThan(0);
  // Nothing about the containers changed: compose is not called while users are shut out.
  const commands = end.report?.steps.flatMap((step) => step.commands ?? []) ?? [];
  expect(commands.filter((command) => command.includes('compose'))).toEqual([]);
  expect(commands.filter((command) => command.startsWith('docker start'))).toHaveLength(3);
});

test('a backup on which users cannot sign in is taken back, and nothing that they wrote is missing', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  const archive = await backUp(client);
  const spoilt = 'fdts_backup_20260101_000000.tar.gz';
  const work = '/root/spoilt';
  await host.exec(['mkdir', work]);
  await host.exec(['tar', '-xzf', `/opt/fdts/backups/${archive}`, '-C', work]);
  await host.exec(['sqlite3', `${work}/database.sqlite`, "UPDATE users SET password_hash = 'nobody knows'"]);
  const members = ['database.sqlite', 'uploads.tar.gz'];
  await host.exec(['tar', '-czf', `/opt/fdts/backups/${spoilt}`, '-C', work, ...members]);
  await host.exec(['chown', '10001:10001', `/opt/fdts/backups/${spoilt}`]);
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(3);

  const run = await startApprovedRestore(client, spoilt);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
  expect(end.because).toMatch(/Check health, login/);
  const acknowledged = writer.acknowledgedUploads();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(acknowledged);
  await writer.stop();
  const nothing = { missingRows: [], missingUploads: [], wrongUploads: [] };
  expect(await writer.verify(host.httpUrl)).toMatchObject(nothing);
});

test('the restore.sh of the site reads a backup of ours: the data is that of the backup', {
  timeout: 120_000,
}, async () => {
  const { host, client } = env;
  const project = { cwd: '/opt/fdts' };
  const before = await dataFingerprint(host);
  const archive = await backUp(client);
  const { id } = await createFdtsClient(host.httpUrl).upload('since.bin', Buffer.from('since the backup'));
  const years = (await host.exec(['ls', '/opt/fdts/uploads'], project)).stdout.split('\n');
  await host.exec(['rm', '-r', ...years.map((year) => `/opt/fdts/uploads/${year}`)]);
  expect(changedData(before, await dataFingerprint(host))).toEqual(['files', 'uploads']);
  await host.exec(['docker-compose', 'stop', 'app'], project);
  const restore = ['/app/scripts/restore.sh', `/app/backups/${archive}`, '--force'];
  await host.exec(['docker-compose', 'exec', '-T', 'backup', ...restore], project);
  await host.exec(['docker-compose', 'start', 'app'], project);
  await host.waitUntilServing();
  expect(await createFdtsClient(host.httpUrl).downloadedSha256(id)).toBeUndefined();
  expect(changedData(before, await dataFingerprint(host))).toEqual([]);
});

test('a database with a second name is refused before anything is touched', {
  timeout: 120_000,
}, async () => {
  const { host, client } = env;
  const archive = await backUp(client);
  await host.exec(['ln', '/opt/fdts/data/database.sqlite', '/opt/fdts/data/second-name.sqlite']);
  const before = await hostContents(host);
  const end = await startProcedure(client, 'restoreBackup', { archive }).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'refused' });
  expect(end.because).toContain('2 hard links');
  expect(await hostContents(host)).toEqual(before);
});

test('a window is rolled back twice: its images with the database kept, then its database too', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const before = await dataFingerprint(host);
  const window = await startApprovedWindow(client).then((run) => run.ended());
  expect(window.outcome).toBe('completed');
  expect(await servedVersion(host)).toBe('1.1.0');
  await expectWithoutEffect('rollbackMaintenance', { run: window.report?.stamp }, 'approve-rollback');
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(3);

  const kept = await startApprovedRollback({ run: window.report?.stamp });
  expect(await kept.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.0.0');
  const acknowledged = writer.acknowledgedUploads();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(acknowledged);

  const back = await startApprovedRollback({ run: window.report?.workflowId, database: 'before' });
  await back.reaches('stop-services', ['done']);
  await writer.stop();
  const end = await back.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const rows = changedData(before, await dataFingerprint(host));
  // Uploads since stay where they are; the database of before does not know them.
  expect(rows).toEqual(['uploads']);
  const found = await whereabouts(host, writer, {
    stamp: end.report?.stamp ?? '',
    uploads: '/opt/fdts/uploads',
  });
  expect(found.lost).toEqual([]);
  expect(found.salvaged).toBeGreaterThan(6);
});

/** Rows and uploads. */
function acknowledgedSoFar(): number {
  const { rows, uploads } = writer.acknowledged();
  return rows.size + uploads.size;
}

/** Neither a dry run nor a no at the gate leaves anything behind. */
async function expectWithoutEffect(type: string, input: object, gate: string): Promise<void> {
  const { host, client } = env;
  const before = await hostContents(host);
  const dry = await startProcedure(client, type, { ...input, dryRun: true });
  expect(await dry.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await hostContents(host)).toEqual(before);
  const rejected = await startProcedure(client, type, input);
  await rejected.reaches(gate, ['waiting']);
  await rejected.abort('not now');
  expect(await rejected.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  // The record beside the archive says anew that it was verified.
  expect({ ...(await hostContents(host)), files: before['files'] }).toEqual(before);
}

async function startApprovedRollback(input: object) {
  const run = await startProcedure(env.client, 'rollbackMaintenance', { watchSeconds: 2, ...input });
  await run.reaches('approve-rollback', ['waiting']);
  await run.approve();
  return run;
}
