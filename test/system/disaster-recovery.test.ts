import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type BareHost, startBareHost } from '../../sandbox/bare-host.ts';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { httpStatus } from '../../sandbox/http-request.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { dockerPrefix } from '../../setup/docker-objects.ts';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import { checkoutRoot } from '../../setup/instance.ts';
import { shipProgram } from '../../setup/ship-program.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { backUp, startProcedure } from '../support/window/restore-run.ts';

const PLACE = '/srv/recovery';
let env: TestEnvironment;
let bare: BareHost;
let archive: string;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
  bare = await startBareHost({ name: `${dockerPrefix()}-bare`, network: dockerPrefix() });
  archive = await backUp(env.client);
  await carryOver();
}, 600_000);
afterAll(() => bare?.remove(), 60_000);

/** What a person has kept off the lost machine: archive, bundle, key, and the images that no registry has. */
async function carryOver(): Promise<void> {
  const images = ['fdts-runtime:20', 'localhost:5000/fdts-nginx:stable'];
  await env.host.exec(['docker', 'save', '--output', '/root/images.tar', ...images]);
  const bundle = archive.replace('fdts_backup', 'fdts_config').replace('.tar.gz', '.tar.age');
  for (const name of [archive, `${archive}.manifest.json`, bundle, `${bundle}.manifest.json`])
    await bare.copyFrom(env.host.name, `/opt/fdts/backups/${name}`, `${PLACE}/${name}`, '0644');
  await bare.copyFrom(env.host.name, '/root/images.tar', `${PLACE}/images.tar`, '0644');
  await bare.copyFrom(env.host.name, '/root/bundle.key', `${PLACE}/bundle.key`);
  await bare.copyFrom(env.host.name, '/root/smoke-password', '/etc/fdts-ops/smoke-password');
  await bare.copyFrom(env.host.name, '/etc/fdts-ops/host.env', '/etc/fdts-ops/host.env');
  await bare.copyTreeIn(shipProgram(checkoutRoot), '/opt/fdts-ops');
}

const recoverSite = (...options: string[]) => {
  const program = ['node', '/opt/fdts-ops/dist/bin/fdts-ops.js', 'recover-site'];
  const from = ['--archive', `${PLACE}/${archive}`, '--identity', `${PLACE}/bundle.key`];
  const how = ['--images', `${PLACE}/images.tar`, '--json', ...options];
  return bare.exec([...program, ...from, ...how], { check: false, timeoutMs: 400_000 });
};

/** As docs/recovery.md has it for the new machine. */
const startWorker = async () => {
  await bare.exec(['chgrp', 'fdts-ops', '/etc/fdts-ops/smoke-password', '/etc/fdts-ops/host.env']);
  await bare.exec(['chmod', '0640', '/etc/fdts-ops/smoke-password', '/etc/fdts-ops/host.env']);
  await bare.exec(['systemctl', 'enable', '--quiet', '--now', 'fdts-ops-host']);
  await waitUntilWorkerRuns(bare);
};

const leftOfDrill = async (): Promise<string> => {
  const folders = '/var/lib/fdts-ops/copies /opt/fdts/.fdts-ops/copies';
  const script = `docker ps -aq; ls /opt/fdts/docker-compose.yml; find ${folders} -mindepth 1`;
  return (await bare.exec(['bash', '-c', script], { check: false })).stdout;
};

test('a drill beside a running FDTS leaves it alone, the worker killed in it; a dry run makes none', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  const input = { archive, identityFile: '/root/bundle.key' };
  const before = await hostContents(host);
  const dry = await startProcedure(client, 'disasterRecovery', { ...input, dryRun: true });
  expect(await dry.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await hostContents(host)).toEqual(before);

  const run = await startProcedure(client, 'disasterRecovery', input);
  const inDeploy = { signal: 'SIGKILL', which: 'first', prefix: 'deploy' } as const;
  expect(await interruptSteps(host, run.handle.workflowId, inDeploy)).toEqual(['deploy']);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const passed = end.report?.checks.filter(({ status }) => status === 'pass').map(({ name }) => name);
  expect(passed).toEqual(expect.arrayContaining(VERIFIED));
  expect((await createFdtsClient(host.httpUrl).health()).version).toBe('1.0.0');
});

/** What a recovery proves of the site that it made. */
const VERIFIED = ['the app is healthy', 'a user can log in', 'a file can be uploaded and downloaded'];

test('a machine that was never away is retired only by an approval', { timeout: 90_000 }, async () => {
  const { host, client } = env;
  const before = await hostContents(host);
  const machineId = (await host.readFile('/etc/machine-id')).trim();
  const input = { host: 'old', machineId, replacedBy: 'new' };
  const dry = await startProcedure(client, 'retireHost', { ...input, dryRun: true });
  expect((await dry.ended()).report?.outcome).toMatch(/completed|contained/);
  const run = await startProcedure(client, 'retireHost', input);
  await run.reaches('approve-stop', ['waiting']);
  await run.abort('it is FDTS');
  expect(await run.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await hostContents(host)).toEqual(before);
  await expectHostFree(host);
});

test('a machine without Docker is FDTS after one command, in a drill and for users; killed in the middle it is taken back; the old machine, once it is back, is fenced off', {
  timeout: 900_000,
}, async () => {
  const machineId = (await env.host.readFile('/etc/machine-id')).trim();
  await env.host.powerCut();
  const fence = await startProcedure(env.client, 'retireHost', { host: 'old', machineId, replacedBy: 'new' });
  // Whatever fails below: the other tests have this host, and it is FDTS there.
  onTestFinished(async () => {
    await fence.handle.terminate().catch(() => 'it has ended');
    await env.host.powerOn();
  });
  const killed = recoverSite();
  const lookForCopy = ['bash', '-c', 'docker ps --quiet --filter name=-drill'];
  const copyRuns = async () => (await bare.exec(lookForCopy, { check: false })).stdout !== '';
  await waitUntil('the app of the drill runs', copyRuns, 400_000, 200);
  await bare.exec(['pkill', '-KILL', '-f', 'recover-site']);
  expect((await killed).exitCode).not.toBe(0);
  const { stdout } = await bare.exec(['fdts-ops', 'recover', '--yes', '--json'], { timeoutMs: 120_000 });
  expect(JSON.parse(stdout)).toMatchObject({ recovered: true, outcome: 'rolled-back' });
  expect(await leftOfDrill()).toBe('');

  // The same by the worker, where the server is not lost: the drill leaves nothing.
  await startWorker();
  const input = {
    archive: `${PLACE}/${archive}`,
    identityFile: `${PLACE}/bundle.key`,
    images: `${PLACE}/images.tar`,
  };
  const drill = await startProcedure(env.client, 'disasterRecovery', input);
  expect(await drill.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await leftOfDrill()).toBe('');
  await bare.exec(['systemctl', 'disable', '--now', 'fdts-ops-host']);

  const real = JSON.parse((await recoverSite('--mode', 'real')).stdout);
  expect(real).toMatchObject({ outcome: 'completed' });
  const proven = real.checks.filter(({ status }: { status: string }) => status === 'pass');
  expect(proven.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(VERIFIED));
  for (const title of ['Measured recovery time', 'Data that would be lost', 'Left to do'])
    expect(real.sections.map((section: { title: string }) => section.title)).toContain(title);
  expect((await createFdtsClient(`http://${await bare.address()}`).health()).version).toBe('1.0.0');
  expect((await bare.exec(['systemctl', 'is-enabled', 'fdts.service'])).stdout).toBe('enabled');

  const told = real.sections.find((section: { title: string }) => section.title === 'The old machine');
  expect(told.lines.join()).toContain('fdts-ops start retireHost --host');
  expect(told.lines.join()).toContain(`"machineId":"${machineId}"`);

  const again = JSON.parse((await recoverSite('--mode', 'real')).stdout);
  expect(again).toMatchObject({
    outcome: 'refused',
    because: expect.stringContaining('FDTS does not run here'),
  });

  // The first backup of the new machine, by its worker, which is not root as the recovery was.
  await startWorker();
  const first = await startProcedure(env.client, 'manualBackup');
  expect(await first.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await bare.exec(['systemctl', 'disable', '--now', 'fdts-ops-host']);

  await env.host.powerOn();
  expect(await fence.ended()).toMatchObject({ status: 'FAILED', outcome: 'contained' });
  expect(await isServing(env.host)).toBe(false);
  await waitUntil('it stands aside', async () => !(await takesWorkFor(env.host)).includes('host'), 60_000);
  expect(await takesWorkFor(env.host)).toEqual(['machine']);
  await env.host.reboot();
  await waitUntil('the worker is back', async () => (await takesWorkFor(env.host)).length > 0, 60_000);
  expect(await takesWorkFor(env.host)).toEqual(['machine']);
  expect(await isServing(env.host)).toBe(false);

  // It is to be FDTS again, as the run says.
  const cleared = await env.host.exec(['fdts-ops', 'clear', '--reason', 'the end of the test']);
  expect(cleared.stdout).toContain('systemctl restart fdts-ops-host');
  await env.host.exec(['systemctl', 'restart', 'fdts-ops-host']);
  await waitUntil(
    'it takes work for its name',
    async () => (await takesWorkFor(env.host)).includes('host'),
    60_000,
  );
  await env.host.exec(['rm', '/var/lib/fdts-ops/hold-stack']);
  await env.host.resetFdts();
  await expectHostFree(env.host);
});

/** The roles for which the worker of a machine takes work now; none while it is away. */
async function takesWorkFor(host: SandboxHost): Promise<string[]> {
  const asked = await host.exec(['curl', '-s', 'http://127.0.0.1:9463/healthz'], { check: false });
  return asked.stdout === '' ? [] : Object.keys(JSON.parse(asked.stdout).workers).sort();
}

async function isServing(host: SandboxHost): Promise<boolean> {
  return (await httpStatus(`${host.httpUrl}/api/health`, 2000)) === 200;
}
