import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { httpStatus } from '../../sandbox/http-request.ts';
import { createWriter, type Writer } from '../../sandbox/writer.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import type { Progress } from '../../workflows/contracts/report.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containerOf, overwriteFirstPage, overwriteOldestPage } from '../support/window/damage.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps, watchesSteps } from '../support/window/interrupt-steps.ts';
import { checksOf, linesOf } from '../support/window/read-report.ts';
import { backUp, startProcedure, whereabouts } from '../support/window/restore-run.ts';
import { type WindowRun, windowRun } from '../support/window/window-run.ts';

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

const health = () => httpStatus(`${env.host.httpUrl}/api/health`, 2000).catch(() => 0);
const killedIn = ({ handle }: WindowRun, prefix: string) =>
  interruptSteps(env.host, handle.workflowId, { signal: 'SIGKILL', which: 'first', prefix });
const dataFiles = async () =>
  (await env.host.exec(['find', '/opt/fdts/data', '-type', 'f', '-exec', 'sha256sum', '{}', '+'])).stdout;
/** The time in the name of an archive, a minute later: newer, and not ahead of the clock as far as anybody minds. */
const minuteAfter = (stamp: string): string => {
  const [, year, month, day, hour, minute, second] = /(....)(..)(..)_(..)(..)(..)/.exec(stamp) ?? [];
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`).getTime() + 60_000;
  return new Date(time).toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
};

/** As a script that packs the folder of the uploads in place of what is in it. */
const backUpDeeper = `
work=$(mktemp -d); cd /opt/fdts
sqlite3 -readonly data/database.sqlite ".backup $work/database.sqlite"
tar -czf $work/uploads.tar.gz uploads
tar -czf backups/$0 -C $work database.sqlite uploads.tar.gz
rm -r $work`;

test('an app that is up is left alone; one that was killed is restarted, and one without a container made anew', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  const before = await containersAndImages(host);
  const up = await startProcedure(client, 'applicationDown').then((run) => run.ended());
  expect(up).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(linesOf(up, 'Nothing was changed')).toContain('the app is up');
  expect(await containersAndImages(host)).toEqual(before);

  await host.exec(['docker', 'kill', await containerOf(host, 'app')]);
  await expect.poll(health).not.toBe(200);
  const down = await containersAndImages(host);
  const dry = await startProcedure(client, 'applicationDown', { dryRun: true }).then((run) => run.ended());
  expect(dry.outcome).toBe('completed');
  expect(await containersAndImages(host)).toEqual(down);
  const run = await startProcedure(client, 'applicationDown');
  expect(await killedIn(run, 'restart-app')).toEqual(['restart-app']);
  const killed = await run.ended();
  expect(killed).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await health()).toBe(200);
  expect(checksOf(killed)['the app answers through the proxy']).toBe('pass: 200');
  expect(linesOf(killed, 'Tried')).toMatch(/^restart of the app: healthy \d+\.\d s after it began$/);
  const log = /(\S+app\S*\.log): \d+ lines/.exec(linesOf(killed, 'Logs, on the host only'))?.[1] ?? '';
  expect((await host.exec(['stat', '-c', '%a', log])).stdout).toBe('600');

  const data = await dataFingerprint(host);
  const idOf = async (name: string, what = '{{.Id}}') =>
    (await host.exec(['docker', 'inspect', '--format', what, name])).stdout.trim();
  // What somebody prepared is not deployed by the way, and what stands on the network of FDTS keeps nothing down.
  const ran = await idOf('fdts_backup_1', '{{.Image}}');
  const prepared = 'FROM fdts_backup:latest\nLABEL prepared=yes\n';
  await host.exec(['docker', 'build', '-q', '-t', 'fdts_backup:latest', '-'], { input: prepared });
  const preparedId = await idOf('fdts_backup:latest');
  const exporter = ['--name', 'exporter', '--network', 'fdts_default', '--entrypoint', 'sleep', ran, '600'];
  await host.exec(['docker', 'run', '--detach', ...exporter]);
  await host.exec(['docker', 'rm', '--force', await containerOf(host, 'app')]);
  await host.exec(['docker', 'kill', await containerOf(host, 'nginx')]);
  const again = await startProcedure(client, 'applicationDown');
  expect(await killedIn(again, 'recreate-stack')).toEqual(['recreate-stack']);
  const gone = await again.ended();
  expect(gone).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(linesOf(gone, 'Tried')).toMatch(
    /down and up of all services: healthy.*not everything could be taken down/,
  );
  expect(linesOf(gone, 'Tried')).toContain('fdts_backup:latest names an image that is not deployed');
  expect(await health()).toBe(200);
  expect(changedData(data, await dataFingerprint(host))).toEqual([]);
  expect(await idOf('fdts_backup_1', '{{.Image}}')).toBe(ran);
  expect(await idOf('fdts_backup:latest')).toBe(preparedId);
  const tags = (await host.exec(['docker', 'images', '--format', '{{.Tag}}', 'fdts_backup'])).stdout;
  expect(tags).not.toContain('fdts-ops-new');
  await host.exec(['docker', 'rm', '--force', 'exporter']);
  await host.exec(['docker', 'tag', ran, 'fdts_backup:latest']);
});

test('a live database whose page is overwritten: stopped, stays stopped through silence, kill and reboot; then restored', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  const archive = await backUp(client);
  const bad = archive.replace(/\d{8}_\d{6}/, minuteAfter);
  await host.exec(['cp', '-p', `/opt/fdts/backups/${archive}`, `/opt/fdts/backups/${bad}`]);
  await host.exec(['truncate', '--size=-600', `/opt/fdts/backups/${bad}`]);
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(5);
  await writer.stop();
  await overwriteOldestPage(host, 'audit_logs');

  const damaged = [await containersAndImages(host), await dataFiles()];
  const dry = await startProcedure(client, 'databaseCorruption', { dryRun: true }).then((other) =>
    other.ended(),
  );
  expect(dry.status).toBe('COMPLETED');
  expect([await containersAndImages(host), await dataFiles()]).toEqual(damaged);

  const run = await startProcedure(client, 'databaseCorruption', { approvalTimeoutSeconds: 25 });
  await run.reaches('approve-restore', ['waiting']);
  expect(await health()).not.toBe(200);
  await host.exec(['systemctl', 'kill', '--signal=SIGKILL', 'fdts-ops-host.service']);
  await host.reboot();
  const silent = await run.ended();
  expect(silent).toMatchObject({ status: 'FAILED', outcome: 'contained' });
  expect(linesOf(silent, 'Database')).toMatch(/^integrity of the database: fail, \S/m);
  expect(checksOf(silent)).toMatchObject({
    'the live database can be read': expect.stringMatching(/^not proven: \S/),
    'a restore could be made here': expect.stringMatching(/^pass: /),
    'the worker may do privileged work': 'pass: it answers',
  });
  expect(linesOf(silent, 'Backups that were tried and are bad')).toContain(bad);
  expect(linesOf(silent, 'Damaged files')).toMatch(/database\.sqlite, \d+ bytes, sha256 [0-9a-f]{64}/);
  expect(await health()).not.toBe(200);

  const refused = await startProcedure(client, 'manualBackup').then((other) => other.ended());
  expect(refused).toMatchObject({ status: 'FAILED', outcome: 'refused' });
  expect(refused.because).toMatch(/an incident is open: databaseCorruption \(run databaseCorruption-/);
  const reads = await startProcedure(client, 'dailyHealthCheck').then((other) => other.ended());
  expect(reads.outcome).toBe('attention-needed');

  const aborted = await startProcedure(client, 'databaseCorruption');
  await aborted.reaches('approve-restore', ['waiting']);
  await aborted.abort('a specialist looks at it first');
  expect(await aborted.ended()).toMatchObject({ status: 'FAILED', outcome: 'contained' });
  expect(await health()).not.toBe(200);

  const again = await startProcedure(client, 'databaseCorruption', { watchSeconds: 1 });
  await again.reaches('approve-restore', ['waiting']);
  // The swap is the first change after the approval, and takes less time than it takes to begin to watch.
  const killing = killedIn(again, 'swap-data');
  await watchesSteps(host, again.handle.workflowId);
  await again.approve();
  expect(await killing).toEqual(['swap-data']);
  const end = await again.ended();
  expect(end.outcome).toBe('completed');
  expect(linesOf(end, 'Backup')).toContain(archive);
  expect(checksOf(end)).toMatchObject({
    'integrity of the restored database': expect.stringMatching(/^pass: ok, .*10000 users.* 520 uploads$/),
    'the app is healthy': 'pass: 200',
    'a user can log in': 'pass: a token',
    'a file can be uploaded and downloaded': expect.stringMatching(
      /^pass: 65536 bytes, the same, in \d+ ms$/,
    ),
    'every service is up': expect.stringMatching(/^pass: .*\bapp\b/),
    'the app answers through the proxy': 'pass: 200',
    [`FDTS seen from the control worker at ${host.httpUrl}/api/health`]: 'pass: 200',
    'health through the proxy, each second for 1 s': expect.stringMatching(/^pass: 0 of \d+ failed$/),
    "errors in the app's log meanwhile": 'pass: 0',
  });
  expect(await health()).toBe(200);
  const found = await whereabouts(host, writer, { stamp: end.report?.stamp ?? '' });
  expect(found.lost).toEqual([]);
  expect(found.salvaged).toBeGreaterThan(6);
});

test('an app that cannot start on an overwritten database: its procedure restores the newest one, and uploads that its backup has at a wrong path stay', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  const before = await dataFingerprint(host);
  const archive = (await backUp(client)).replace(/\d{8}_\d{6}/, minuteAfter);
  await host.exec(['bash', '-ec', backUpDeeper, archive]);
  await host.exec(['docker', 'stop', await containerOf(host, 'app')]);
  await overwriteFirstPage(host);

  const down = await startProcedure(client, 'applicationDown').then((run) => run.ended());
  expect(down).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(checksOf(down)['integrity of the database']).toMatch(/^fail: \S/);
  const next = /databaseCorruption was started as run (\S+):/.exec(down.because ?? '')?.[1] ?? '';
  const run = windowRun(client.workflow.getHandle(next));
  await run.reaches('approve-restore', ['waiting']);
  const { gate } = await run.handle.query<Progress>('progress');
  expect(gate?.plan.flatMap(({ lines }) => lines)).toContainEqual(
    expect.stringMatching(/^uploads: none, all 520 /),
  );
  await run.approve();
  const end = await run.ended();
  expect(end.outcome).toBe('completed');
  expect(linesOf(end, 'Backup')).toContain(archive);
  expect(linesOf(end, 'Backup')).toMatch(/its database alone takes the place of the live one/);
  expect(checksOf(end)['integrity of the restored database']).toMatch(/^pass: ok, /);
  expect(await health()).toBe(200);
  expect(changedData(before, await dataFingerprint(host))).toEqual([]);
});
