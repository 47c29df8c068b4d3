import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { windowRun } from '../support/window/window-run.ts';

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
  const started = await client.workflow.start('manualBackup', {
    taskQueue: 'fdts-ops',
    workflowId: `site-backup-${randomUUID().slice(0, 8)}`,
    args: [],
  });
  const end = await windowRun(client.workflow.getHandle(started.workflowId)).ended();
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
