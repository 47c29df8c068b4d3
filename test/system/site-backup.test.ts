import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { configureHost, HOST_CONFIG } from '../support/window/configure-host.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { startProcedure } from '../support/window/restore-run.ts';

let env: TestEnvironment;
let usual = '';

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
  usual = await env.host.readFile(HOST_CONFIG);
}, 240_000);
afterAll(() => configure(usual), 60_000);

const configure = (text: string) => configureHost(env.host, text);
const configureCommand = (command: string) =>
  configure(usual.replace('backups:\n', `backups:\n  command: ${command}\n`));

const ls = async (path: string) => (await env.host.exec(['ls', '-d', path], { check: false })).stdout.trim();

/** The archives of the data, without the bundles of the configuration. */
const archives = async () =>
  (await env.host.exec(['ls', '/opt/fdts/backups'])).stdout
    .split('\n')
    .filter((name) => name.endsWith('.tar.gz') && !name.includes('config'));

test("the site's own script makes the backup; it is proven, copied and recorded like ours", {
  timeout: 120_000,
}, async () => {
  const { host, client } = env;
  await configureCommand('{ service: backup, argv: [/app/scripts/backup.sh] }');
  const before = await archives();
  const end = await startProcedure(client, 'manualBackup').then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await expectHostFree(host);

  const made = (await archives()).filter((name) => !before.includes(name));
  expect(made).toEqual([expect.stringMatching(/^fdts_backup_\d{8}_\d{6}\.tar\.gz$/)]);
  const archive = made[0] ?? '';
  await host.exec(['cmp', `/opt/fdts/backups/${archive}`, `/mnt/external/${archive}`]);
  expect(JSON.parse(await host.readFile(`/opt/fdts/backups/${archive}.verified.json`))).toMatchObject({
    mode: 'full',
    source: 'site',
    tables: { users: 10_000 },
  });
  expect(await ls(`/opt/fdts/backups/${archive}.manifest.json`)).toBe('');
});

describe('a script of the host itself', () => {
  const SCRIPT = '/etc/fdts-ops/emergency.d/backup-fdts';
  const place = (...lines: string[]) =>
    env.host.writeFile(SCRIPT, `#!/bin/sh\nset -e\n${lines.join('\n')}\n`, { mode: '755' });

  beforeAll(() => configureCommand('{ hostScript: backup-fdts, timeout: 30s }'), 60_000);
  afterAll(() => env.host.exec(['rm', '-rf', SCRIPT, '/root/begun']));

  test('that can be changed by others is no backup script: refused before anything is done', {
    timeout: 60_000,
  }, async () => {
    await place('echo never');
    await env.host.exec(['chmod', '757', SCRIPT]);
    const end = await startProcedure(env.client, 'manualBackup').then((run) => run.ended());
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'refused' });
    expect(JSON.stringify(end.report)).toMatch(/site's backup script can be run.*which others can change/s);
    await expectHostFree(env.host);
  });

  test('makes one archive although the worker is killed in the middle of it, and it is proven like ours', {
    timeout: 120_000,
  }, async () => {
    const { host, client } = env;
    await place('sleep 3', 'docker exec fdts_backup_1 /app/scripts/backup.sh');
    const before = await archives();
    const run = await startProcedure(client, 'manualBackup');
    const how = { signal: 'SIGKILL', which: 'first', prefix: 'back-up' } as const;
    expect(await interruptSteps(host, run.handle.workflowId, how)).toEqual(['back-up']);
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    const made = (await archives()).filter((name) => !before.includes(name));
    expect(made).toHaveLength(1);
    expect(JSON.parse(await host.readFile(`/opt/fdts/backups/${made[0]}.verified.json`))).toMatchObject({
      mode: 'full',
      source: 'site',
      tables: { users: 10_000 },
    });
    await expectHostFree(host);
  });

  test('that fails is told by its exit code, and what it said stays on the host', {
    timeout: 60_000,
  }, async () => {
    const { host, client } = env;
    await place('echo hunter2', 'exit 3');
    const end = await startProcedure(client, 'manualBackup').then((run) => run.ended());
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
    expect(end.because).toContain('exit code 3');
    expect(JSON.stringify(end.report)).not.toContain('hunter2');
    const [, output = ''] = /sudo cat (\S+\/output)/.exec(JSON.stringify(end)) ?? [];
    expect(await host.readFile(output)).toBe('hunter2\n');
    await expectHostFree(host);
  });

  test('is ended with what it started when a person aborts the run', { timeout: 60_000 }, async () => {
    const { host, client } = env;
    await place('touch /root/begun', 'sleep 600');
    const run = await startProcedure(client, 'manualBackup');
    await expect.poll(() => ls('/root/begun'), { timeout: 30_000 }).toBe('/root/begun');
    await run.abort('the wrong moment');
    expect(await run.ended()).toMatchObject({ status: 'FAILED', outcome: 'aborted' });
    const left = await host.exec(['pgrep', '-f', 'sleep 600'], { check: false });
    expect(left.stdout).toBe('');
    await expectHostFree(host);
  });
});

test('a backup whose worker is killed in every step is whole all the same; a dry run makes none', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  await configure(usual);
  const before = await hostContents(host);
  const dry = await startProcedure(client, 'manualBackup', { dryRun: true }).then((run) => run.ended());
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await hostContents(host)).toEqual(before);

  const run = await startProcedure(client, 'manualBackup');
  const killing = interruptSteps(host, run.handle.workflowId, { signal: 'SIGKILL', which: 'each' });
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await killing).toEqual(expect.arrayContaining(['back-up', 'copy-backup', 'bundle-configuration']));
  const archive = `fdts_backup_${end.report?.stamp}.tar.gz`;
  await host.exec(['cmp', `/opt/fdts/backups/${archive}`, `/mnt/external/${archive}`]);
  const again = await startProcedure(client, 'backupVerification', { mode: 'full' }).then((other) =>
    other.ended(),
  );
  expect(again).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await expectHostFree(host);
});
