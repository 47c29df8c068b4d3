import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createFdtsClient } from '../../sandbox/fdts-client.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { httpStatus } from '../../sandbox/http-request.ts';
import { createProber } from '../../sandbox/prober.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { asControlled } from '../../setup/bring-up.ts';
import { controlWorker } from '../../setup/control-worker.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { type RecoveryMachine, startRecoveryMachine } from '../support/recovery-machine.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { backUp, startProcedure } from '../support/window/restore-run.ts';

let env: TestEnvironment;
let bare: RecoveryMachine;
let archive: string;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
  archive = await backUp(env.client);
  bare = await startRecoveryMachine(env.host, archive);
}, 600_000);
afterAll(() => bare?.host.remove(), 60_000);

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

test('a machine without Docker is FDTS after one command, or by a run, in a drill and for users; killed before they are in it is taken back, after that finished; the old machine, once it is back, is fenced off, its worker killed in every change', {
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
  const killed = bare.recoverSite();
  const lookForCopy = ['bash', '-c', 'docker ps --quiet --filter name=-drill'];
  const copyRuns = async () => (await bare.host.exec(lookForCopy, { check: false })).stdout !== '';
  await waitUntil('the app of the drill runs', copyRuns, 400_000, 200);
  await bare.host.exec(['pkill', '-KILL', '-f', 'recover-site']);
  expect((await killed).exitCode).not.toBe(0);
  expect(await recoverOnBare()).toMatchObject({ recovered: true, outcome: 'rolled-back' });
  expect(await bare.leftOfDrill()).toBe('');

  // The same by the worker, where the server is not lost: the drill leaves nothing.
  await bare.startWorker();
  const drill = await startProcedure(env.client, 'disasterRecovery', bare.input);
  expect(await drill.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await bare.leftOfDrill()).toBe('');
  await bare.stopWorker();

  const newUrl = `http://${await bare.host.address()}`;
  const finished = await recoverKilledInOpenSite();
  expect(finished).toMatchObject({ recovered: true, outcome: 'completed' });
  expectLeftToDo(finished.sections, machineId);
  expect((await createFdtsClient(newUrl).health()).version).toBe('1.0.0');
  expect((await bare.host.exec(['systemctl', 'is-enabled', 'fdts.service'])).stdout).toBe('enabled');
  await bare.takeDown();

  // Once more, now that it has a configuration of its own, and what is there lies in the way.
  await bare.host.exec(['sed', '-i', '$a # of a drill', '/etc/fdts-ops/host.yml']);
  const other = await bare.recoverSite('--mode', 'real', '--yes');
  expect(other.exitCode).toBe(2);
  expect(other.stdout + other.stderr).toContain('OTHER_CONFIG');
  const ofBundle = ['--config', '/root/fdts-ops-host.yml'];
  const real = JSON.parse((await bare.recoverSite('--mode', 'real', '--yes', ...ofBundle)).stdout);
  expect(real).toMatchObject({ outcome: 'completed' });
  const proven = real.checks.filter(({ status }: { status: string }) => status === 'pass');
  expect(proven.map(({ name }: { name: string }) => name)).toEqual(expect.arrayContaining(VERIFIED));
  for (const title of ['Measured recovery time', 'Data that would be lost'])
    expect(real.sections.map((section: { title: string }) => section.title)).toContain(title);
  expect((await createFdtsClient(newUrl).health()).version).toBe('1.0.0');
  expect((await bare.host.exec(['systemctl', 'is-enabled', 'fdts.service'])).stdout).toBe('enabled');

  expectLeftToDo(real.sections, machineId);

  const again = JSON.parse((await bare.recoverSite('--mode', 'real')).stdout);
  expect(again).toMatchObject({
    outcome: 'refused',
    because: expect.stringContaining('FDTS does not run here'),
  });

  // The same by its worker, which is not root as the recovery was; then the first backup of the new machine.
  await bare.takeDown();
  await bare.startWorker();
  await recoverForUsersByRun();
  expect((await createFdtsClient(newUrl).health()).version).toBe('1.0.0');
  const first = await startProcedure(env.client, 'manualBackup');
  expect(await first.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  await bare.stopWorker();

  const killedIn = await killWhileItBoots(fence.handle.workflowId);
  expect(killedIn).toEqual(
    expect.arrayContaining(['take-hold', 'block-start', 'stop-services', 'end-of-run']),
  );
  expect(await fence.ended()).toMatchObject({ status: 'FAILED', outcome: 'contained' });
  const oldOne = createProber(`${env.host.httpUrl}/api/health`);
  oldOne.start();
  await waitUntil('it stands aside', async () => (await takesWorkFor(env.host)).length > 0, 60_000);
  expect(await takesWorkFor(env.host)).toEqual(['machine']);
  await env.host.reboot();
  await waitUntil('the worker is back', async () => (await takesWorkFor(env.host)).length > 0, 60_000);
  expect(await takesWorkFor(env.host)).toEqual(['machine']);
  const { outages } = await oldOne.stop();
  expect(outages, 'one outage, from the first probe to the last').toHaveLength(1);
  expect(outages[0]?.to.getTime()).toBeGreaterThan(Date.now() - 5000);
  expect(await httpStatus(`${newUrl}/api/health`, 2000), 'the new machine alone serves').toBe(200);

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

test('an incident on the new machine: the worker of another host proves that users are shut out', {
  timeout: 120_000,
}, async () => {
  // It is FDTS since the recovery, and is thrown away: nobody has to be let in again.
  const { client, server, host } = env;
  const address = await bare.host.address();
  await bare.host.exec(['sed', '-i', 's/^  name: sandbox$/  name: sandbox-2/', '/etc/fdts-ops/host.yml']);
  await bare.host.exec(['systemd-run', '--quiet', '--collect', 'node', '-e', DOOR]);
  await bare.startWorker();
  const known = await asControlled(host);
  onTestFinished(() => controlWorker(server, known).start());
  await controlWorker(server, { ...known, others: [{ name: 'sandbox-2', addresses: [address] }] }).start();
  const asUser = ['curl', '-sf', '-m', '3', '-o', '/dev/null', `http://${address}/api/health`];
  expect((await host.exec(asUser, { check: false })).exitCode, 'from the other host').toBe(0);

  const run = await startProcedure(client, 'securityIncident', { host: 'sandbox-2', category: 'unknown' });
  await run.reaches('look-from-outside', ['done', 'failed'], 60_000);
  await run.abort('the end of the test');
  const { outcome, report } = await run.ended();
  expect(outcome).toBe('contained');
  const seen = report?.checks.filter(({ name }) => name.endsWith(`seen from ${host.name}`)) ?? [];
  expect(Object.fromEntries(seen.map(({ name, status }) => [name, status]))).toEqual({
    [`closed at ${address}, seen from ${host.name}`]: 'pass',
    [`the operators' door, port 22, answers at ${address}, seen from ${host.name}`]: 'pass',
  });
  expect((await host.exec(asUser, { check: false })).exitCode).not.toBe(0);
});

/** Stands for sshd. */
const DOOR = "require('net').createServer((socket) => socket.end()).listen(22)";

async function recoverOnBare() {
  const recover = ['fdts-ops', 'recover', '--yes', '--json'];
  return JSON.parse((await bare.host.exec(recover, { timeoutMs: 120_000 })).stdout);
}

/** The one command, killed while it lets users in, and what `recover` says then. */
async function recoverKilledInOpenSite() {
  const killed = bare.recoverSite('--mode', 'real');
  const inOpenSite = "SELECT 1 FROM entries WHERE step = 'open-site'";
  const look = ['sqlite3', '-readonly', '/var/lib/fdts-ops/journal.sqlite', inOpenSite];
  const isOpening = async () => (await bare.host.exec(look, { check: false })).stdout === '1';
  await waitUntil('users are being let in', isOpening, 400_000, 100);
  await bare.host.exec(['pkill', '-KILL', '-f', 'recover-site']);
  expect((await killed).exitCode).not.toBe(0);
  return recoverOnBare();
}

/** What a person still has to do is said, however the recovery came to its end. */
function expectLeftToDo(sections: { title: string; lines: string[] }[], machineId: string): void {
  const told = (wanted: string) => sections.find(({ title }) => title === wanted)?.lines.join();
  expect(told('The old machine')).toContain('fdts-ops start retireHost --host');
  expect(told('The old machine')).toContain(`"machineId":"${machineId}"`);
  expect(told('Left to do')).toContain('point DNS');
}

/** A run for users where FDTS lies already: a no leaves all as it was; after a yes its worker is killed as it starts the app. */
async function recoverForUsersByRun(): Promise<void> {
  const before = await bare.contents();
  const input = { ...bare.input, mode: 'real' };
  const refused = await startProcedure(env.client, 'disasterRecovery', input);
  await refused.reaches('approve-overwrite', ['waiting'], 60_000);
  await refused.abort('not this machine');
  expect(await refused.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await bare.contents()).toBe(before);

  const run = await startProcedure(env.client, 'disasterRecovery', input);
  const inDeploy = { signal: 'SIGKILL', which: 'first', prefix: 'deploy' } as const;
  const killing = interruptSteps(bare.host, run.handle.workflowId, inDeploy);
  await run.reaches('approve-overwrite', ['waiting'], 60_000);
  await run.approve();
  expect(await killing).toEqual(['deploy']);
  const { status, outcome, report } = await run.ended();
  expect({ status, outcome }, report?.because).toEqual({ status: 'COMPLETED', outcome: 'completed' });
  const passed = report?.checks.filter((check) => check.status === 'pass').map(({ name }) => name);
  expect(passed).toEqual(expect.arrayContaining(VERIFIED));
  // It waits for the old machine by itself; the one that is watched below was there before.
  const waits = env.client.workflow.getHandle(`retireHost-${report?.host}-${report?.stamp}`);
  expect((await waits.describe()).status.name).toBe('RUNNING');
  await waits.terminate();
}

/** Switches the old machine on, and kills its worker in the middle of every change of the run that waits for it. */
async function killWhileItBoots(workflowId: string): Promise<string[]> {
  const up = env.host.powerOn();
  const isOn = async () => (await env.host.exec(['true'], { check: false })).exitCode === 0;
  await waitUntil('the old machine is on', isOn, 30_000, 50);
  const killedIn = await interruptSteps(env.host, workflowId, { signal: 'SIGKILL', which: 'each' });
  await up;
  return killedIn;
}

/** The roles for which the worker of a machine takes work now; none while it is away. */
async function takesWorkFor(host: SandboxHost): Promise<string[]> {
  const asked = await host.exec(['curl', '-s', 'http://127.0.0.1:9463/healthz'], { check: false });
  return asked.stdout === '' ? [] : Object.keys(JSON.parse(asked.stdout).workers).sort();
}
