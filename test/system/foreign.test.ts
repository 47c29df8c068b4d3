import { readFile } from 'node:fs/promises';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ForeignHost, probePassphrase, startForeignHost } from '../../sandbox/foreign/foreign-host.ts';
import { createRecordsClient } from '../../sandbox/foreign/records-client.ts';
import { ensureNetwork } from '../../sandbox/network.ts';
import { createWriter } from '../../sandbox/writer.ts';
import { type ControlWorker, controlWorker } from '../../setup/control-worker.ts';
import { dockerPrefix } from '../../setup/docker-objects.ts';
import { installHostWorker } from '../../setup/install-host-worker.ts';
import { checkoutRoot } from '../../setup/instance.ts';
import { addressForHosts } from '../../setup/relay.ts';
import { ensureSearchAttributes } from '../../setup/temporal-search-attributes.ts';
import { environment } from '../support/environment.ts';
import { ownNamespace } from '../support/own-namespace.ts';
import { backUp, startApprovedRestore } from '../support/window/restore-run.ts';
import { startApprovedWindow, windowRun } from '../support/window/window-run.ts';

let host: ForeignHost;
let client: Client;
let control: ControlWorker;
let connection: Connection;

beforeAll(async () => {
  const { server } = await environment();
  const network = await ensureNetwork(dockerPrefix());
  host = await startForeignHost({ name: `${dockerPrefix()}-records`, network: network.name });
  // A server of its own, as far as runs can see: the other tests' control worker knows another host.
  connection = await Connection.connect({ address: server.address });
  const namespace = await ownNamespace(connection, 'records');
  await ensureSearchAttributes(connection, namespace);
  client = new Client({ connection, namespace });
  await host.writeFile('/root/probe-passphrase', `${probePassphrase}\n`, { mode: '600' });
  await installHostWorker(
    host,
    { address: await addressForHosts(network.gateway, server.address), namespace },
    checkoutRoot,
    {
      config: await readFile(new URL('../../sandbox/foreign/fdts-ops.yml', import.meta.url), 'utf8'),
      password: { from: '/root/probe-passphrase', to: '/etc/fdts-ops/probe-passphrase' },
    },
  );
  const publicUrl = `${host.httpUrl}/status`;
  const ofNamespace = { ...server.environment, TEMPORAL_NAMESPACE: namespace };
  control = controlWorker({ environment: ofNamespace }, { name: 'records', publicUrl }, 'control-of-records');
  await control.start();
});

afterAll(async () => {
  await control?.kill();
  await connection?.close();
  await host?.remove();
});

const start = async (type: string) => {
  const options = { taskQueue: 'fdts-ops', workflowId: `${type}-${crypto.randomUUID().slice(0, 8)}` };
  return windowRun(client.workflow.getHandle((await client.workflow.start(type, options)).workflowId));
};

test("the archive of the site's own script is found and proven", async () => {
  const { stdout: archive } = await host.exec(['/srv/records/bin/make-archive.sh']);
  const end = await start('backupVerification').then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const record = JSON.parse(await host.readFile(`${archive}.verified.json`));
  expect(record).toMatchObject({ source: 'site', mode: 'full', uploads: { count: 60 } });
  // Its compose file has absolute mounts, container names and a network that somebody else made.
  const booted = end.report?.checks.find(({ name }) => name.startsWith('the app runs on backup'));
  expect(booted).toMatchObject({ status: 'pass', got: expect.stringContaining('healthy') });
});

test('a verified backup of an app that was not made for fdts-ops, in the layout that its administrator knows', async () => {
  const end = await start('manualBackup').then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const archive = `/mnt/vault/records/fdts_backup_${end.report?.stamp}.tar.gz`;
  const { stdout } = await host.exec(['tar', '-tzf', archive]);
  expect(stdout).toBe('database.sqlite\nuploads.tar.gz');
});

test('a restore brings back what its backup has; what users wrote since is kept aside, row by row', async () => {
  const archive = await backUp(client);
  const writer = createWriter(host.httpUrl, { connect: createRecordsClient });
  writer.start();
  await expect.poll(() => writer.acknowledgedUploads(), { timeout: 20_000 }).toBeGreaterThan(3);
  await writer.stop();
  const end = await startApprovedRestore(client, archive).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const { missingRows, missingUploads, ...written } = await writer.verify(host.httpUrl);
  expect(missingRows).toHaveLength(written.acknowledgedRows);
  expect(missingUploads).toHaveLength(written.acknowledgedUploads);
  const salvage = `/srv/records-data/db/.fdts-ops-${end.report?.stamp}/salvage.sqlite`;
  const sql = 'SELECT id FROM entries UNION ALL SELECT key FROM objects';
  const salvaged = (await host.exec(['sqlite3', '-readonly', salvage, sql])).stdout.split('\n');
  expect(salvaged).toEqual(
    expect.arrayContaining([...missingRows.map(({ id }) => String(id)), ...missingUploads]),
  );
  expect(await startPolicies()).toEqual(policies);
});

test('the daily health check passes, seen from outside too', async () => {
  const end = await start('dailyHealthCheck').then((run) => run.ended());
  expect(end.report?.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
});

test('a window brings the new version, and loses nothing that was acknowledged', async () => {
  await host.release('2024.4');
  const writer = createWriter(host.httpUrl, { connect: createRecordsClient });
  writer.start();
  const end = await startApprovedWindow(client).then((run) => run.ended());
  await writer.stop();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await createRecordsClient(host.httpUrl).version()).toBe('2024.4');
  expect(await writer.verify(host.httpUrl)).toMatchObject(nothingLost);
  expect(writer.acknowledgedUploads()).toBeGreaterThan(5);
  expect(await startPolicies()).toEqual(policies);
});

test('a version that never gets healthy fails in the rehearsal: nobody is asked, FDTS is not touched', async () => {
  await host.release('2024.5', 'sick');
  const writer = createWriter(host.httpUrl, { connect: createRecordsClient });
  writer.start();
  const end = await start('plannedMaintenance').then((run) => run.ended());
  await writer.stop();
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'refused' });
  expect(end.because).toMatch(/the rehearsal failed, FDTS was not touched: Try the new version/);
  expect(await createRecordsClient(host.httpUrl).version()).toBe('2024.4');
  expect(await writer.verify(host.httpUrl)).toMatchObject(nothingLost);
  expect(await startPolicies()).toEqual(policies);
  const { stdout } = await host.exec(['fdts-ops', 'recover', '--dry-run', '--json']);
  expect(JSON.parse(stdout)).toEqual({ recovered: false, reason: 'the host is free', incidents: [] });
});

const nothingLost = { missingRows: [], missingUploads: [], wrongUploads: [] };
const policies = ['/records-edge always running', '/records-web unless-stopped running'];

/** Which containers there are, by their fixed names. */
async function startPolicies(): Promise<string[]> {
  const { stdout } = await host.exec(['docker', 'ps', '--all', '--quiet']);
  const format = '{{.Name}} {{.HostConfig.RestartPolicy.Name}} {{.State.Status}}';
  return (await host.exec(['docker', 'inspect', '--format', format, ...stdout.split('\n')])).stdout
    .split('\n')
    .sort();
}
