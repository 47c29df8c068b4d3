import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { httpRequest } from '../../sandbox/http-request.ts';
import { createProber } from '../../sandbox/prober.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { createWriter } from '../../sandbox/writer.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { expectHostFree, runImageNames, servedVersion } from '../support/window/host-state.ts';
import { whileHeldIn } from '../support/window/interrupt-steps.ts';
import { smallDisk } from '../support/window/small-disk.ts';
import { secretsOf, toldOfRun } from '../support/window/told-of-run.ts';
import { startApprovedWindow, startWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

const nothingLost = { missingRows: [], missingUploads: [], wrongUploads: [] };
const firstWords = (command: string): string => command.split(' ').slice(0, 2).join(' ');
const hostSays = async (...argv: string[]): Promise<string> => (await env.host.exec(argv)).stdout;

// Longer than all that is waited for inside, so that the wait that was in vain is what is reported.
test('a window completes: new version, upgraded package, verified backup, nothing lost', {
  timeout: 600_000,
}, async () => {
  const { host, client } = env;
  const weekly = await weeklyWork();
  await releaseVersion(host, { version: '1.1.0' });
  const bytesBefore = Number(await hostSays('stat', '-c', '%s', '/opt/fdts/data/database.sqlite'));
  const writer = createWriter(host.httpUrl);
  const prober = createProber(`${host.httpUrl}/api/health`);
  writer.start();
  prober.start();
  const run = await startApprovedWindow(client);
  const end = await run.ended();
  await writer.stop();
  const seen = await prober.stop();
  expect(end.because).toMatch(/^every step/);
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await weekly.expectDone(end.report);
  expectChecklist(end.report);
  const version = end.report?.sections.find(({ title }) => title === 'App version')?.lines.join('\n');
  expect(version).toMatch(/1\.0\.0[^]*1\.1\.0/);

  expect(await servedVersion(host)).toBe('1.1.0');
  expect((await httpRequest(`${host.httpUrl}/api/health`)).headers['x-edge-version']).toBe('1.1');
  expect(await hostSays('dpkg-query', '-W', 'fdts-sysinfo')).toMatch(/\t1\.1$/);
  expect(await host.readFile('/etc/fdts-sysinfo.conf')).toContain('report_to = ops@fdts.example');
  expect(await writer.verify(host.httpUrl)).toMatchObject(nothingLost);
  expect(writer.acknowledgedUploads()).toBeGreaterThan(5);

  const downtime = end.report?.downtimeSeconds ?? 0;
  // What the run says that users missed is what somebody outside saw.
  expect(seen.downtimeSeconds).toBeLessThan(downtime + 2);
  expect(seen.downtimeSeconds).toBeGreaterThan(downtime / 3);

  // While users are shut out compose comes up once, for all that has a new image.
  const commands = (id: string) => end.report?.steps.find((step) => step.id === id)?.commands ?? [];
  expect(commands('stop-services').map(firstWords)).toEqual(['docker stop', 'docker stop', 'docker stop']);
  expect(commands('start-app').filter((command) => command.includes('compose'))).toEqual([
    expect.stringMatching(/up --no-start .*app nginx backup$/),
  ]);
  expect(commands('cut-over').map(firstWords)).toEqual(['docker start', 'docker start']);

  const archive = `fdts_backup_${end.report?.stamp}.tar.gz`;
  for (const file of [archive, `${archive}.manifest.json`])
    await host.exec(['cmp', `/opt/fdts/backups/${file}`, `/mnt/external/${file}`]);
  await expectBundle(`fdts_config_${end.report?.stamp}.tar.age`);
  expect(await hostSays('tar', '-tzf', `/mnt/external/${archive}`)).toBe('database.sqlite\nuploads.tar.gz');

  const aside = await hostSays(
    'stat',
    '-c',
    '%s',
    `/opt/fdts/data/.fdts-ops-${end.report?.stamp}/database.sqlite`,
  );
  expect(Number(aside)).toBeGreaterThanOrEqual(bytesBefore);
  expect(end.report?.sections.find(({ title }) => title === 'Database')?.lines.join('\n')).toMatch(
    /integrity_check ok/,
  );
  const now = 'PRAGMA integrity_check; SELECT count(*) FROM users';
  expect(await hostSays('sqlite3', '-readonly', '/opt/fdts/data/database.sqlite', now)).toBe('ok\n10000');
  expect(await runImageNames(host)).toEqual(
    ['fdts_app', 'fdts_backup', 'localhost:5000/fdts-nginx'].flatMap((name) => [
      `${name}:fdts-ops-new`,
      `${name}:fdts-ops-old`,
    ]),
  );

  const secrets = await secretsOf(host, `/opt/fdts/backups/${archive}`);
  const told = await toldOfRun(host, run.handle);
  expect(told).toContain(archive);
  expect(secrets.every((secret) => secret.length > 8)).toBe(true);
  expect(secrets.filter((secret) => told.includes(secret))).toEqual([]);

  const folder = end.report?.path?.replace(/\/report\.md$/, '') ?? '';
  expect(await hostSays('cat', `${folder}/outcome`)).toBe('completed');
  expect(JSON.parse(await host.readFile(`${folder}/report.json`))).toMatchObject({ outcome: 'completed' });
  expect(await host.readFile(`${folder}/report.md`)).toContain(
    '# Planned maintenance window on sandbox: completed',
  );
});

/** Work for the weekly steps: a log to rotate, a volume that nothing uses, and one of another project. */
async function weeklyWork(): Promise<{ expectDone(report: RunReport | null): Promise<void> }> {
  const { host } = env;
  await host.writeFile('/var/log/fdts/window.log', 'before the window\n');
  const unused = await hostSays('docker', 'volume', 'create');
  const others = ['--label', 'com.docker.compose.project=shop', 'shop_of_the_window'];
  await host.exec(['docker', 'volume', 'create', ...others]);
  const made = Number(await hostSays('date', '+%s'));
  // What is younger than weekly.unusedFor stays.
  const now = async () => Number(await hostSays('date', '+%s'));
  await expect.poll(now, { timeout: 10_000 }).toBeGreaterThan(made + 2);
  return {
    expectDone: async (report) => {
      const volumes = (await hostSays('docker', 'volume', 'ls', '--quiet')).split('\n');
      expect(volumes).not.toContain(unused);
      expect(volumes).toContain('shop_of_the_window');
      await host.exec(['docker', 'volume', 'rm', 'shop_of_the_window']);
      expect(await hostSays('ls', '/var/log/fdts')).toContain('window.log.1');
      const check = (name: string) => report?.checks.find((one) => one.name === name)?.status;
      expect(check('the app logs after the rotation')).toBe('pass');
      expect(check('security updates are installed')).toBe('pass');
      expect(check('images are scanned')).toBe('skipped');
      // With users served: none of it before the new version was watched.
      const step = (id: string) => report?.steps.find((one) => one.id === id);
      for (const id of ['clean-up-docker', 'rotate-logs', 'list-upgrades', 'scan-images'])
        expect(step(id)?.startedAt, id).toBeGreaterThanOrEqual(step('watch')?.endedAt ?? 0);
    },
  };
}

function expectChecklist(report: RunReport | null): void {
  const items = (report?.checks ?? []).filter(({ name }) => name.startsWith('Checklist: '));
  expect(items.filter(({ status }) => status !== 'pass')).toEqual([]);
  const names = items.map(({ name }) => name.replace('Checklist: ', ''));
  const disks = items.filter(({ name }) => name.startsWith('Checklist: disk of '));
  expect(disks.map(({ name, got }) => `${name} ${got}`).join()).toMatch(
    /disk of \/ .*\/opt\/fdts.*\/opt\/fdts\/data.*\/opt\/fdts\/uploads.*\/opt\/fdts\/backups.*\/var\/lib\/docker/,
  );
  expect(names.filter((name) => !name.startsWith('disk of '))).toEqual([
    'service app is up',
    'service nginx is up',
    'service backup is up',
    'fdts.service is active',
    'the app answers',
    'the app answers through the proxy',
    'nothing that is nowhere else waits to be looked at',
    "errors in the app's log since users were let in",
    'a recent verified backup exists',
    'response time compared with before',
    'a user can log in',
    'a file can be uploaded and downloaded',
  ]);
  const time = items.find(({ name }) => name.includes('response time'))?.got;
  expect(time).toMatch(/^p50 of the app: .* ms \(.* ms before\); p50 through the proxy: .* ms before\)$/);
}

describe('takes itself back', { timeout: 1_200_000 }, () => {
  test('when the new version never becomes healthy', async () => {
    const { host, client } = env;
    const before = await dataFingerprint(host);
    await releaseVersion(host, { version: '1.1.0', broken: 'never-healthy' });
    const end = await startApprovedWindow(client).then((run) => run.ended());
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
    expect(end.because).toMatch(/Start the new version/);
    await expectOldVersion(before);
  });

  test('when the disk is full in the middle of the VACUUM', async () => {
    const { host, client } = env;
    const before = await dataFingerprint(host);
    // Less is left than a copy of the database needs; what FDTS itself needs to run stays.
    const disk = await smallDisk(host, { folder: 'data', megabytes: 150, leavesMegabytes: 12 });
    try {
      const run = await startWindow(client);
      await run.reaches('approve-plan', ['waiting']);
      await disk.fill();
      await run.approve();
      const end = await run.ended();
      expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
      expect(end.because).toMatch(/^Vacuum, analyse and check the database: .*full/);
      expect(end.report?.steps.find(({ id }) => id === 'stop-services')?.status).toBe('undone');
      await expectOldVersion(before);
    } finally {
      await disk.remove();
    }
  });

  test('when a person aborts during the stop', async () => {
    const { host, client } = env;
    const before = await dataFingerprint(host);
    await releaseVersion(host, { version: '1.1.0' });
    const run = await startWindow(client);
    // The stop takes half a second: the worker is held in the middle of it.
    await whileHeldIn(host, run, 'stop-services', () => run.abort('wrong night'));
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'aborted' });
    expect(end.because).toContain('wrong night');
    await expectOldVersion(before);
  });

  test('when it is cancelled in the UI while FDTS is down', async () => {
    const { host, client } = env;
    const before = await dataFingerprint(host);
    await releaseVersion(host, { version: '1.1.0' });
    const run = await startWindow(client);
    await whileHeldIn(host, run, 'settle-database', () => run.handle.cancel());
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'CANCELLED', outcome: 'aborted' });
    const folder = `/var/lib/fdts-ops/reports/${end.report?.stamp}-plannedMaintenance-${end.report?.runId.slice(0, 8)}`;
    expect(await hostSays('cat', `${folder}/outcome`)).toBe('aborted');
    await expectOldVersion(before);
  });
});

async function expectOldVersion(before: Awaited<ReturnType<typeof dataFingerprint>>): Promise<void> {
  const { host } = env;
  expect(await servedVersion(host)).toBe('1.0.0');
  expect(changedData(before, await dataFingerprint(host))).toEqual([]);
  expect(await runImageNames(host)).toEqual([]);
}

/** The configuration lies encrypted beside the backup and on the external storage, and opens to the very files. */
async function expectBundle(bundle: string): Promise<void> {
  const { host } = env;
  for (const file of [bundle, `${bundle}.manifest.json`])
    await host.exec(['cmp', `/opt/fdts/backups/${file}`, `/mnt/external/${file}`]);
  expect(await hostSays('stat', '-c', '%a %u', `/opt/fdts/backups/${bundle}`)).toBe('600 10001');
  const out = `/root/${bundle}.extracted`;
  const extract = ['fdts-ops', 'bundle', 'extract', `/mnt/external/${bundle}`];
  await host.exec([...extract, '--identity', '/root/bundle.key', '--to', out]);
  for (const file of [
    '/opt/fdts/docker-compose.yml',
    '/opt/fdts/.env.production',
    '/opt/fdts/nginx',
    '/opt/fdts/app',
    '/etc/fdts-ops/host.yml',
    '/etc/systemd/system/fdts.service',
  ])
    await host.exec(['diff', '-r', file, `${out}/files${file}`]);
  expect(JSON.parse(await host.readFile(`${out}/inventory.json`))).toMatchObject({
    facts: { images: expect.arrayContaining([expect.objectContaining({ service: 'nginx' })]) },
  });
  expect(await hostSays('ls', `${out}/files/opt/fdts`)).not.toMatch(/data|uploads|backups/);
}
