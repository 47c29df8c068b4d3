import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createFdtsClient, type FdtsClient } from '../../sandbox/fdts-client.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { setFaults } from '../support/window/app-faults.ts';
import { configureHost, HOST_CONFIG } from '../support/window/configure-host.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { linesOf } from '../support/window/read-report.ts';
import { startProcedure } from '../support/window/restore-run.ts';
import type { WindowEnd } from '../support/window/window-run.ts';

let env: TestEnvironment;
let host: SandboxHost;
let user: FdtsClient;

beforeEach(async () => {
  env = await environment();
  host = env.host;
  await host.resetFdts();
  user = createFdtsClient(host.httpUrl);
}, 120_000);
afterEach(() => expectHostFree(host), 60_000);

const start = (type: string, input: object = {}) => startProcedure(env.client, type, input);
const ended = async (type: string, input: object = {}) => (await start(type, input)).ended();
const failedChecks = ({ report }: WindowEnd) =>
  report?.checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
const passedChecks = ({ report }: WindowEnd) =>
  report?.checks.filter(({ status }) => status === 'pass').map(({ name }) => name);
const upload = () => user.upload('a.bin', Buffer.from('some bytes'));

test('an app that answers late is fast again after a restart that a person approves, the worker killed in it', {
  timeout: 240_000,
}, async () => {
  await setFaults(host, { slow: 1300 });
  const before = await containersAndImages(host);
  const timed = { requests: 3 };
  expect((await ended('slowResponse', { ...timed, dryRun: true })).status).toBe('COMPLETED');
  expect(await containersAndImages(host)).toEqual(before);

  const refused = await start('slowResponse', timed);
  await refused.reaches('approve-restart', ['waiting']);
  await refused.abort('not now');
  expect(await refused.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await containersAndImages(host)).toEqual(before);

  const run = await start('slowResponse', timed);
  await run.reaches('approve-restart', ['waiting']);
  const killing = killedIn(run.handle.workflowId, 'restart-service');
  await run.approve();
  const killed = await killing;
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await attemptsOf(run.handle.workflowId, killed)).toBe(2);
  expect(linesOf(end, 'Response times')).toMatch(/p95 \d/);
  expect(passedChecks(end)).toEqual(
    expect.arrayContaining(['response time of the app', 'response time of performance.page']),
  );
  const began = performance.now();
  await user.health();
  expect(performance.now() - began).toBeLessThan(1000);
});

test('an app that stays slow has its database tidied in a stop that a person approves, the worker killed in it', {
  timeout: 240_000,
}, async () => {
  const usual = await host.readFile(HOST_CONFIG);
  await configureHost(host, `${usual}thresholds: { responseMilliseconds: 300 }\n`);
  onTestFinished(() => configureHost(host, usual), 60_000);
  // It is slow from its start: no restart helps, and neither does the tidying, which has to be safe all the same.
  const slow = `FROM fdts_app:latest\nENV SANDBOX_FAULTS='{"slow":400}'\n`;
  await host.exec(['docker', 'build', '-q', '-t', 'fdts_app:latest', '-'], { input: slow });
  const asOwner = ['setpriv', '--reuid=10001', '--regid=10001', '--clear-groups'];
  const database = '/opt/fdts/data/database.sqlite';
  const sql = (text: string) => host.exec([...asOwner, 'sqlite3', database, text]);
  await sql('DELETE FROM audit_logs WHERE id < (SELECT max(id) / 3 FROM audit_logs)');
  await host.exec(['docker-compose', 'up', '-d', 'app'], { cwd: '/opt/fdts' });
  await host.waitUntilServing();
  const data = await dataFingerprint(host);
  const freePages = async () => Number((await sql('PRAGMA freelist_count')).stdout);
  const freeBefore = await freePages();
  expect(freeBefore).toBeGreaterThan(100);

  const refused = await toTheStop();
  await refused.abort('not by day');
  expect(await refused.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await freePages()).toBeGreaterThan(0);
  await expectHostFree(host);

  const run = await toTheStop();
  const killing = killedIn(run.handle.workflowId, 'optimize-database');
  await run.approve();
  expect(await killing).toEqual(['optimize-database']);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(failedChecks(end)).toEqual(expect.arrayContaining(['response time of the app']));
  expect(linesOf(end, 'Downtime')).toMatch(/\d s/);
  expect(await freePages()).toBeLessThan(freeBefore / 10);
  expect(changedData(data, await dataFingerprint(host))).toEqual([]);
});

test('a secret that was removed is named, never shown; a person sets it, and users sign in again', {
  timeout: 240_000,
}, async () => {
  const file = '/opt/fdts/.env.production';
  const secrets = await host.readFile(file);
  await host.exec(['sed', '-i', '/^JWT_SECRET=/d', file]);
  await host.exec(['docker-compose', 'up', '--detach', '--force-recreate', 'app'], { cwd: '/opt/fdts' });
  await expect(upload()).rejects.toThrow();

  // It starts again and again: which containers there are is what must not change.
  const containers = async () => (await host.exec(['docker', 'ps', '--all', '--quiet', '--no-trunc'])).stdout;
  const before = await containers();
  expect((await ended('authenticationFailures', { dryRun: true })).status).toBe('COMPLETED');
  const refused = await start('authenticationFailures');
  await refused.reaches('ask-person', ['waiting']);
  await refused.abort('not now');
  expect(await refused.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await containers()).toBe(before);

  const run = await start('authenticationFailures');
  await run.reaches('ask-person', ['waiting']);
  await host.exec(['tee', file], { input: secrets });
  const killing = killedIn(run.handle.workflowId, 'make-anew');
  await run.approve();
  const killed = await killing;
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await attemptsOf(run.handle.workflowId, killed)).toBe(2);
  expect(passedChecks(end)).toContain('a user can log in');
  await upload();
  const secret = /^JWT_SECRET=(.+)$/m.exec(secrets)?.[1] ?? '';
  expect(secret.length).toBeGreaterThan(8);
  expect(JSON.stringify(end.report)).toContain('JWT_SECRET');
  expect(JSON.stringify(end.report)).not.toContain(secret);
});

async function toTheStop() {
  const run = await start('slowResponse', { requests: 5 });
  await run.reaches('approve-restart', ['waiting']);
  await run.approve();
  await run.reaches('approve-optimize', ['waiting']);
  return run;
}

function killedIn(workflowId: string, prefix: string): Promise<string[]> {
  return interruptSteps(host, workflowId, { signal: 'SIGKILL', which: 'first', prefix });
}

async function attemptsOf(workflowId: string, [step]: readonly string[]): Promise<number | undefined> {
  return (await journalOf(host, workflowId)).find((entry) => entry.step === step)?.attempts;
}
