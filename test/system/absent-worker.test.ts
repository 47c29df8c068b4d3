import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { asControlled } from '../../setup/bring-up.ts';
import { controlWorker } from '../../setup/control-worker.ts';
import { waitUntilWorkerRuns } from '../../setup/install-host-worker.ts';
import type { Progress } from '../../workflows/contracts/report.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { startApprovedWindow } from '../support/window/window-run.ts';

let env: TestEnvironment;
let messages: string;

beforeAll(async () => {
  env = await environment();
  messages = path.join(await mkdtemp(path.join(tmpdir(), 'fdts-ops-absent-')), 'messages');
  const absence = { after: '10s', command: ['tee', '--append', messages] };
  await controlWorker(env.server, { ...(await asControlled(env.host)), absence }).start();
  await env.host.resetFdts();
}, 120_000);
afterAll(async () => {
  await controlWorker(env.server, await asControlled(env.host)).start();
  await rm(path.dirname(messages), { recursive: true });
  await expectHostFree(env.host);
}, 60_000);

test('a worker that is away while FDTS is stopped is told over the control worker, once, and the window goes on', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  await releaseVersion(host, { version: '1.1.0' });
  const run = await startApprovedWindow(client);
  await run.reaches('note-uploads');
  await host.exec(['systemctl', 'stop', 'fdts-ops-host.service']);
  const absence = async () => (await run.handle.query<Progress>('progress')).absence;
  await waitUntil('the run says that the worker is away', async () => (await absence()) != null, 90_000);
  await waitUntil('people are told', async () => (await told()).length > 0, 30_000);
  expect(await told()).toMatch(/its worker is away in the middle of a run/);
  expect(await told()).toContain(run.handle.workflowId);
  await host.exec(['systemctl', 'start', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(host);
  expect(await run.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect((await told()).match(/its worker is away/g)).toHaveLength(1);
  expect(await servedVersion(host)).toBe('1.1.0');
  // It was asked to end, not killed: the change under way got its time, and none was made twice.
  const changes = await journalOf(host, run.handle.workflowId);
  expect(changes.filter(({ attempts }) => attempts !== 1)).toEqual([]);
});

async function told(): Promise<string> {
  return readFile(messages, 'utf8').catch(() => '');
}
