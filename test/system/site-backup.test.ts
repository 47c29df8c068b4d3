import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { startProcedure } from '../support/window/restore-run.ts';

const FILE = '/etc/fdts-ops/host.yml';
let env: TestEnvironment;
let usual = '';

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
  usual = await env.host.readFile(FILE);
  const command = 'backups:\n  command: { service: backup, argv: [/app/scripts/backup.sh] }\n';
  await configure(usual.replace('backups:\n', command));
}, 240_000);
afterAll(() => configure(usual), 60_000);

async function configure(text: string): Promise<void> {
  await env.host.writeFile(FILE, text, { owner: 'root:fdts-ops', mode: '640' });
  await env.host.exec(['systemctl', 'restart', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(env.host);
}

test("the site's own script makes the backup; it is proven, copied and recorded like ours", {
  timeout: 120_000,
}, async () => {
  const { host, client } = env;
  const before = (await host.exec(['ls', '/opt/fdts/backups'])).stdout.split('\n');
  const end = await startProcedure(client, 'manualBackup').then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await expectHostFree(host);

  const after = (await host.exec(['ls', '/opt/fdts/backups'])).stdout.split('\n');
  const made = after.filter(
    (name) => !before.includes(name) && name.endsWith('.tar.gz') && !name.includes('config'),
  );
  expect(made).toEqual([expect.stringMatching(/^fdts_backup_\d{8}_\d{6}\.tar\.gz$/)]);
  const archive = made[0] ?? '';
  await host.exec(['cmp', `/opt/fdts/backups/${archive}`, `/mnt/external/${archive}`]);
  expect(JSON.parse(await host.readFile(`/opt/fdts/backups/${archive}.verified.json`))).toMatchObject({
    mode: 'full',
    source: 'site',
    tables: { users: 10_000 },
  });
  expect(after).not.toContain(`${archive}.manifest.json`);
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
