import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitUntil } from '../../sandbox/wait-until.ts';
import { asControlled } from '../../setup/bring-up.ts';
import { controlWorker } from '../../setup/control-worker.ts';
import type { WatchState } from '../../workflows/contracts/watch.ts';
import { cli } from '../fast/client/cli.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { setFaults } from '../support/window/app-faults.ts';
import { leak, limitMemory } from '../support/window/app-memory.ts';
import { configureHost, HOST_CONFIG } from '../support/window/configure-host.ts';
import { containerOf } from '../support/window/damage.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { backUp } from '../support/window/restore-run.ts';
import { type Visitors, visitors } from '../support/window/visitors.ts';
import { windowRun } from '../support/window/window-run.ts';

let env: TestEnvironment;
let users: Visitors;
let usual: string;
/** Answers of before are those of another watch. */
let begun: string;

beforeAll(async () => {
  env = await environment();
  const { host, server, client } = env;
  await host.resetFdts();
  await limitMemory(host);
  usual = await host.readFile(HOST_CONFIG);
  // Measured over as short a time as the configuration takes.
  await configureHost(host, `${usual}thresholds: { errorRateFor: 10s, memoryFor: 5s }\n`);
  await backUp(client);
  begun = new Date().toISOString();
  await controlWorker(server, {
    ...(await asControlled(host)),
    watch: { every: '5s', mostAnswers: 1 },
  }).start();
  users = visitors(host);
}, 300_000);
afterAll(async () => {
  await users.stop();
  await controlWorker(env.server, await asControlled(env.host)).start();
  await configureHost(env.host, usual);
  await expectHostFree(env.host);
}, 120_000);

const state = () => env.client.workflow.getHandle('watch-sandbox').query<WatchState>('watch');
const unblock = async () => {
  const { code, out } = await cli(env.server.environment, 'unblock', 'sandbox');
  expect([code, out]).toEqual([0, expect.stringContaining('the watch of sandbox starts answers again')]);
};

/** The answer of that number, counted from the first of the watch. The server lists it a moment after it was started. */
async function answer(count: number) {
  const query = `StartTime > "${begun}" AND WorkflowType != "watchHost"`;
  let found: { readonly type: string; readonly workflowId: string } | undefined;
  const isListed = async () => {
    for await (const { type, workflowId, parentExecution } of env.client.workflow.list({ query }))
      if (parentExecution?.workflowId === 'watch-sandbox' && workflowId.endsWith(`-${count - 1}`))
        found = { type, workflowId };
    return found !== undefined;
  };
  await waitUntil(`answer ${count} is started`, isListed, 90_000);
  const { type, workflowId } = found ?? { type: '', workflowId: '' };
  return { type, run: windowRun(env.client.workflow.getHandle(workflowId)) };
}

async function isAnsweredByRestart(count: number): Promise<void> {
  const { type, run } = await answer(count);
  expect(type).toBe('highErrorRate');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(end.report?.checks).toContainEqual(
    expect.objectContaining({ name: 'the error rate fell after the restart', status: 'pass' }),
  );
  await users.getAnswers(20);
}

/** The watch has seen it for as long as it must last, and starts nothing, by a reason that a person can read. */
async function isHeldBack(signal: string, blocked: RegExp): Promise<void> {
  const { count } = await state();
  const isSeen = async () =>
    (await state()).incidents[signal]?.run === null && (await state()).blocked !== null;
  await waitUntil(`${signal} is seen, and nothing is to be started`, isSeen, 90_000);
  expect((await state()).blocked).toMatch(blocked);
  const waits = 'WorkflowId = "watch-sandbox" AND FdtsWaiting = true';
  const isFound = async () => (await env.client.workflow.count(waits)).count === 1;
  await waitUntil('the watch is found among what waits for a person', isFound, 30_000);
  expect((await state()).count, 'nothing was started').toBe(count);
}

test('users who meet errors are served again by the watch; when it comes back, a person has to look first', {
  timeout: 300_000,
}, async () => {
  await setFaults(env.host, { errors: 100 });
  await isAnsweredByRestart(1);
  await setFaults(env.host, { errors: 100 });
  await isHeldBack(
    'error rate',
    /^1 answers were started within 24 h, and error rate asks for highErrorRate/,
  );
  await unblock();
  await isAnsweredByRestart(2);
});

test('memory that stays high is answered with a gate, and a no blocks what comes next until a person clears it', {
  timeout: 300_000,
}, async () => {
  const { host } = env;
  await unblock();
  await leak(host);
  const { type, run } = await answer(3);
  expect(type).toBe('highMemory');
  await run.reaches('approve-restart', ['waiting']);
  const before = await containersAndImages(host);
  await run.abort('not now');
  expect(await run.ended()).toMatchObject({ outcome: 'rejected' });
  expect(await containersAndImages(host)).toEqual(before);

  await host.exec(['docker', 'restart', await containerOf(host, 'app')]);
  await host.waitUntilServing();
  await setFaults(host, { errors: 100 });
  await isHeldBack('error rate', /^highMemory-sandbox-\S+ ended as rejected/);
  await unblock();
  await isAnsweredByRestart(4);
});
