import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { controlSchema } from '../../../config/control-schema.ts';
import { isRecord } from '../../../config/is-record.ts';
import { waitUntil } from '../../../setup/wait-until.ts';
import { endOfRun } from '../../../workers/end-of-run.ts';
import { passAlert, watchHosts } from '../../../workers/watch-hosts.ts';
import type { WatchLook, WatchSignal, WatchState } from '../../../workflows/contracts/watch.ts';
import { watchClearSignal, watchQuery } from '../../../workflows/messages.ts';
import type { FakeCall } from '../../support/fake-host.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

let world: TemporalWorld;
let wrongSeconds = 0;
let isBroken = false;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({ lookAtHost: {} }, onCall);
});
afterAll(() => world.end());

/** What the made-up host is like now. */
const down = (): WatchSignal => ({
  name: 'app down',
  wrongSeconds,
  mustLastSeconds: 5,
  got: 'no answer',
  expected: 'an answer',
  answer: 'dailyHealthCheck',
});

async function onCall({ activity, input }: FakeCall): Promise<{ readonly answer: unknown } | undefined> {
  if (activity === 'resolveHost' && isBroken) throw new Error('made to fail');
  if (activity === 'readEnd' && isRecord(input))
    return { answer: await endOfRun(world.env.client, String(input['workflowId'])) };
  if (activity !== 'lookAtHost') return undefined;
  const look: WatchLook = { seconds: 5, muted: null, signals: [down()] };
  return { answer: look };
}

const control = (enabled: boolean) =>
  controlSchema.parse({
    hosts: [{ name: 'web-1', timezone: 'Europe/Paris', watch: { enabled, every: '5s', mostAnswers: 2 } }],
  });

it('answers an incident once, blocks after an answer that failed, goes on when cleared, and ends when switched off', async () => {
  const { client } = world.env;
  await watchHosts(client, control(true));
  await watchHosts(client, control(true));
  const watch = client.workflow.getHandle('watch-web-1');
  wrongSeconds = 5;
  await untilState(watch, ({ count }) => count === 1);
  const [first] = await answersOf();
  await client.workflow.getHandle(first ?? '').result();
  expect((await watch.query(watchQuery)).blocked).toBeNull();

  wrongSeconds = 0;
  await untilState(watch, ({ incidents }) => Object.keys(incidents).length === 0);
  isBroken = true;
  wrongSeconds = 5;
  await untilState(watch, ({ blocked }) => blocked?.endsWith('ended as refused') === true);
  expect(await answersOf()).toHaveLength(2);

  isBroken = false;
  await watch.signal(watchClearSignal);
  await untilState(watch, ({ count }) => count === 3);
  await watchHosts(client, control(false));
  await expect(watch.result()).rejects.toThrow();
});

it('answers an alert that is sent twice once', async () => {
  const { client } = world.env;
  wrongSeconds = 0;
  const before = (await answersOf()).length;
  const [host] = control(true).hosts;
  if (host === undefined) throw new Error('no host');
  const alert = { fingerprint: 'f1', name: 'FdtsDown', firing: true, answer: 'dailyHealthCheck' };
  await passAlert(client, host, alert);
  await passAlert(client, host, alert);
  const watch = client.workflow.getHandle('watch-web-1');
  await untilState(watch, ({ count }) => count === 1);
  await passAlert(client, host, { ...alert, firing: false });
  await untilState(watch, ({ incidents }) => Object.keys(incidents).length === 0);
  expect(await answersOf()).toHaveLength(before + 1);
  await watch.terminate();
});

async function untilState(watch: WorkflowHandle, holds: (state: WatchState) => boolean): Promise<void> {
  const isSo = async () => holds(await watch.query(watchQuery));
  expect(await waitUntil(isSo, { timeoutMs: 60_000 }), 'the watch is as it should be').toBe(true);
}

/** The runs that the watch started, oldest first. */
async function answersOf(): Promise<string[]> {
  const found: { id: string; at: number }[] = [];
  for await (const { workflowId, startTime, type } of world.env.client.workflow.list()) {
    if (type === 'dailyHealthCheck') found.push({ id: workflowId, at: startTime.getTime() });
  }
  return found.sort((a, b) => a.at - b.at).map(({ id }) => id);
}
