import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { asControlled } from '../../setup/bring-up.ts';
import { controlWorker } from '../../setup/control-worker.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containersAndImages, expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { serveNotice } from '../support/window/served-notice.ts';
import { startWindow, windowRun } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);
afterAll(async () => {
  await controlWorker(env.server, await asControlled(env.host)).start();
});

const NEXT = { when: 'next-window' };
const doctor = async (): Promise<string> =>
  (await env.host.exec(['fdts-ops', 'doctor', '--json'], { check: false })).stdout;

test('while it waits, routine work goes on and no second window; workers may restart; an abort changes nothing', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const before = await containersAndImages(host);
  const data = await dataFingerprint(host);
  const run = await startWindow(client, NEXT);
  await run.reaches('approve-plan', ['waiting']);
  expect(await doctor()).toContain(`reserved by plannedMaintenance (run ${run.handle.workflowId})`);

  const second = await startWindow(client, NEXT).then((other) => other.ended());
  expect(second).toMatchObject({ status: 'FAILED', outcome: 'refused' });
  expect(second.because).toContain(run.handle.workflowId);
  const now = await startWindow(client).then((other) => other.ended());
  expect(now).toMatchObject({ outcome: 'refused', because: expect.stringContaining(run.handle.workflowId) });
  const backup = await client.workflow.start('manualBackup', {
    taskQueue: 'fdts-ops',
    workflowId: `beside-${run.handle.workflowId}`,
  });
  expect(await windowRun(backup).ended()).toMatchObject({ outcome: 'completed' });

  await run.approve();
  await run.reaches('wait-for-window', ['waiting']);
  await env.control.kill();
  await host.exec(['systemctl', 'kill', '--signal=SIGKILL', 'fdts-ops-host.service']);
  await env.control.start();
  await waitUntilWorkerRuns(host);
  await run.reaches('wait-for-window', ['waiting']);
  await run.abort('not this month');
  expect(await run.ended()).toMatchObject({ status: 'FAILED', outcome: 'aborted' });
  expect(await containersAndImages(host)).toEqual(before);
  expect(changedData(data, await dataFingerprint(host))).toEqual([]);
  expect(await doctor()).not.toContain('reserved by');
  const told = await host.readFile('/var/lib/fdts-ops/notifications.jsonl');
  const subjects = told
    .split('\n')
    .filter((line) => line.includes('"users"'))
    .slice(-2);
  expect(subjects[0]).toMatch(/maintenance on Sun \d{4}-\d\d-0[1-7] 0[23]:[03]0 to /);
  expect(subjects[1]).toContain('no more maintenance on Sun');
});

test('it opens by itself, on the clock of the host, and brings the new version; users read it at the proxy', {
  timeout: 300_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const notice = await serveNotice(host);
  onTestFinished(() => notice.end(), 60_000);
  expect(await notice.get()).toBeNull();
  const opens = new Date(Math.ceil((Date.now() + 40_000) / 60_000) * 60_000);
  const at = opens.toLocaleTimeString('en-GB', {
    timeZone: 'Europe/Paris',
    hour: '2-digit',
    minute: '2-digit',
  });
  const windows = { calendar: 'every-day', at };
  await controlWorker(env.server, { ...(await asControlled(host)), windows }).start();
  const run = await startWindow(client, NEXT);
  await run.reaches('approve-plan', ['waiting']);
  expect(await notice.get()).toMatchObject({
    kind: 'announcement-start',
    subject: expect.stringContaining('maintenance on'),
  });
  await run.approve();
  await run.reaches('wait-for-window', ['waiting', 'done']);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const stopped = end.report?.steps.find(({ id }) => id === 'open-window');
  expect(stopped?.startedAt).toBeGreaterThanOrEqual(opens.getTime());
  expect(await servedVersion(host)).toBe('1.1.0');
  expect(await notice.get()).toMatchObject({
    kind: 'announcement-end',
    subject: expect.stringContaining('maintenance is over'),
  });
  const told = await host.readFile('/var/lib/fdts-ops/notifications.jsonl');
  const kinds = told.split('\n').flatMap((line) => /"kind":"(announcement-[a-z]+)"/.exec(line)?.[1] ?? []);
  expect(kinds.slice(-3)).toEqual(['announcement-start', 'announcement-opening', 'announcement-end']);
});
