import { afterAll, beforeAll, expect, it } from 'vitest';
import { controlSchema } from '../../../config/control-schema.ts';
import { isRecord } from '../../../config/is-record.ts';
import { waitUntil } from '../../../setup/wait-until.ts';
import { endOfRun } from '../../../workers/end-of-run.ts';
import { passAlert, watchHosts } from '../../../workers/watch-hosts.ts';
import type { WatchLook, WatchState } from '../../../workflows/contracts/watch.ts';
import { progressQuery, watchClearSignal, watchQuery } from '../../../workflows/messages.ts';
import type { FakeCall } from '../../support/fake-host.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

/** A watch makes many small steps, which take their time on a busy machine. */
const PATIENTLY = { timeout: 120_000 };

let world: TemporalWorld;

beforeAll(async () => {
  // A history that the server calls long after a few looks, where thousands of events are usual.
  world = await startTemporalWorld({ 'limit.historyCount.suggestContinueAsNew': '40' });
  await world.startWorkers({ lookAtHost: {} }, onCall);
});
afterAll(async () => {
  await watchOf()
    .terminate()
    .catch(() => 'it has ended');
  await world.end();
});

async function onCall({ activity, input }: FakeCall): Promise<{ readonly answer: unknown } | undefined> {
  if (activity === 'readEnd' && isRecord(input))
    return { answer: await endOfRun(world.env.client, String(input['workflowId'])) };
  if (activity !== 'lookAtHost') return undefined;
  const look: WatchLook = {
    seconds: 5,
    muted: null,
    signals: [
      {
        name: 'memory of app',
        wrongSeconds: 5,
        mustLastSeconds: 5,
        got: '95 %',
        expected: 'below 90 %',
        answer: 'highMemory',
      },
    ],
  };
  return { answer: look };
}

const watchOf = () => world.env.client.workflow.getHandle('watch-web-1');
const stateOf = () => watchOf().query(watchQuery);
const executionOf = async () => (await watchOf().describe()).runId;

async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
  expect(await waitUntil(holds, { timeoutMs: 30_000, everyMs: 100 }), what).toBe(true);
}
const untilState = (holds: (state: WatchState) => boolean, what: string) =>
  until(async () => holds(await stateOf()), what);

async function untilContinuedAsNew(): Promise<void> {
  const before = await executionOf();
  await until(async () => (await executionOf()) !== before, 'the watch has continued as new');
}

it(
  'what a watch knows survives that it continues as new, also while an answer waits for a person',
  PATIENTLY,
  async () => {
    const { client } = world.env;
    const { hosts } = controlSchema.parse({
      hosts: [{ name: 'web-1', timezone: 'UTC', watch: { enabled: true, every: '5s', mostAnswers: 2 } }],
    });
    const [host] = hosts;
    if (host === undefined) throw new Error('no host');
    await watchHosts(client, { hosts });
    await untilState(({ open }) => open.length === 1, 'the answer is under way');
    const [answer] = (await stateOf()).open;
    const run = client.workflow.getHandle(answer?.run ?? '');
    const asks = async () => (await run.query(progressQuery)).gate?.step === 'approve-restart';
    await until(asks, 'it waits at its gate');
    const alert = { fingerprint: 'f1', name: 'Slow', firing: true, answer: 'slowResponse' };
    await passAlert(client, host, alert);
    await untilState(({ alerts }) => alerts.length === 1, 'the alert is heard');

    await untilContinuedAsNew();
    expect(await stateOf()).toMatchObject({
      open: [answer],
      alerts: [alert],
      count: 1,
      startedAt: [answer?.at],
      blocked: null,
    });

    await run.signal('abort');
    await untilState(({ blocked }) => blocked?.endsWith('ended as rejected') === true, 'its end is heard');
    await untilContinuedAsNew();
    const { count, blocked, blocksOutage } = await stateOf();
    expect({ count, blocked, blocksOutage }).toEqual({
      count: 1,
      blocked: `${answer?.run} ended as rejected`,
      blocksOutage: false,
    });

    await watchOf().signal(watchClearSignal);
    await untilState((state) => state.count === 2 && state.blocked === null, 'answers are started again');
  },
);
