import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { restartWorker } from '../support/window/configure-host.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { approveAndKillIn, interruptSteps } from '../support/window/interrupt-steps.ts';
import { startProcedure } from '../support/window/restore-run.ts';

const folder = '/opt/fdts/backups';
let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);
afterAll(async () => {
  await env.host.exec(['umount', folder], { check: false });
  await restartWorker(env.host);
}, 60_000);

const start = (input: object = {}) => startProcedure(env.client, 'backupFailure', input);
const archives = async (): Promise<string[]> =>
  (await env.host.exec(['ls', folder])).stdout
    .split('\n')
    .filter((name) => name.endsWith('.tar.gz'))
    .sort();

test('a stopped service is started, and a backup is made and proven; then there is nothing to do', {
  timeout: 150_000,
}, async () => {
  const { host } = env;
  await host.exec(['docker-compose', 'stop', 'backup'], { cwd: '/opt/fdts' });
  const daily = await startProcedure(env.client, 'dailyHealthCheck').then((run) => run.ended());
  expect(daily).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  const wrong = daily.report?.checks.filter(({ status }) => status === 'fail') ?? [];
  expect(wrong.map(({ name }) => name)).toEqual(['service backup is up', 'a recent verified backup exists']);
  expect(wrong.map(({ answer }) => answer).join()).toContain('backupFailure');
  const dry = await start({ dryRun: true }).then((run) => run.ended());
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await archives()).toEqual([]);
  const service = ['docker', 'ps', '-qf', 'label=com.docker.compose.service=backup'];
  expect((await host.exec(service)).stdout).toBe('');

  const run = await start();
  const inBackup = { signal: 'SIGKILL', which: 'first', prefix: 'back-up' } as const;
  expect(await interruptSteps(host, run.handle.workflowId, inBackup)).toEqual(['back-up']);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const [archive = ''] = await archives();
  expect(JSON.parse(await host.readFile(`${folder}/${archive}.verified.json`))).toMatchObject({
    mode: 'full',
  });
  expect((await host.exec(service)).stdout).not.toBe('');
  expect(JSON.stringify(end.report?.sections)).toMatch(/service backup is up: exited with code \d+/);
  expect(end.report?.checks).toContainEqual(
    expect.objectContaining({ name: 'a recent verified backup exists', status: 'pass' }),
  );
  const log = /the last ones: (\S+)/.exec(JSON.stringify(end.report?.sections))?.[1] ?? '';
  expect((await host.exec(['stat', '--format', '%a', log.replace(/".*$/, '')])).stdout).toBe('600');

  const again = await start().then((run) => run.ended());
  expect(again).toMatchObject({ outcome: 'completed' });
  expect(await archives()).toEqual([archive]);
});

test('a folder that may not be written is named as the cause', { timeout: 120_000 }, async () => {
  const { host } = env;
  await host.exec(['chown', 'root:root', folder]);
  const end = await start().then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(end.because).toMatch(/backups can be written in \/opt\/fdts\/backups: EACCES, owner 0:0, mode 750/);
});

test('a full disk: old backups go only after an approval that lists them, the worker killed in it, and a proven one is made', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  await host.exec([
    'mount',
    '-t',
    'tmpfs',
    '-o',
    'size=1200m,uid=10001,gid=10001,mode=750',
    'small-disk',
    folder,
  ]);
  await restartWorker(host);
  await startProcedure(client, 'manualBackup').then((run) => run.ended());
  const [first = ''] = await archives();
  const stamp = first.slice(12, 27);
  // Backups of last spring: the names and what the files beside them say of them.
  for (const day of Array.from({ length: 10 }, (_, index) => 10 + index)) {
    const old = `202603${day}_020000`;
    const made = `s/"createdAt": *"[^"]*"/"createdAt": "2026-03-${day}T02:00:00.000Z"/`;
    await host.exec([
      'bash',
      '-c',
      `cd ${folder} && for file in fdts_backup_${stamp}*; do
      cp -p "$file" "\${file/${stamp}/${old}}"; done && sed -i 's/${stamp}/${old}/g; ${made}' fdts_backup_${old}*.json`,
    ]);
  }
  await host.exec(['bash', '-c', `rm ${folder}/fdts_*_${stamp}*`]);
  await host.exec([
    'bash',
    '-c',
    `fallocate -l $(( $(stat -f -c '%a*%S' ${folder}) - 1000000 )) ${folder}/filler`,
  ]);
  const before = await archives();
  expect(before).toHaveLength(10);

  const dry = await start({ dryRun: true }).then((run) => run.ended());
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const would = dry.report?.steps.find(({ id }) => id === 'remove-backups');
  expect(would?.commands).toContain(`rm ${folder}/fdts_backup_20260310_020000.tar.gz*`);
  expect(await archives()).toEqual(before);

  const rejected = await start();
  await rejected.reaches('approve-removal', ['waiting']);
  await rejected.abort('let me look first');
  expect(await rejected.ended()).toMatchObject({ outcome: 'rejected' });
  expect(await archives()).toEqual(before);

  const run = await start();
  await run.reaches('approve-removal', ['waiting']);
  await approveAndKillIn(host, run, 'remove-backups');
  const end = await run.ended();
  expect(end.because).toBe('every step and check passed');
  const changes = await journalOf(host, run.handle.workflowId);
  expect(changes.find(({ step }) => step === 'remove-backups')?.attempts).toBe(2);
  const after = await archives();
  const removed = before.filter((name) => !after.includes(name));
  expect(removed).toContain('fdts_backup_20260310_020000.tar.gz');
  expect(before.slice(-2).filter((name) => !after.includes(name))).toEqual([]);
  expect(JSON.stringify(end.report?.sections)).toContain(`${folder}/${removed[0]}`);
  expect(after).toContain(`fdts_backup_${end.report?.stamp}.tar.gz`);
  await host.exec(['umount', folder]);
  await restartWorker(host);
});
