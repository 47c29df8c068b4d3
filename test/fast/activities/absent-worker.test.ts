import { expect, test } from 'vitest';
import type { Channel, Notification } from '../../../activities/adapters/notify/notification.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { absenceMessages, absenceReads } from '../../../activities/watch/absent-worker.ts';

const call = { workflowId: 'window-1', runId: 'r', activity: 'stopServices', seconds: 30 };
const reading = { stamp: '', signal: AbortSignal.timeout(5000), progress: () => undefined };

test.each([
  ['a worker has it', null, false],
  ['it has waited for less', 20, false],
  ['it has waited for longer', 40, true],
])('a call waits for an absent worker: %s', async (_, waitedSeconds, waits) => {
  const since = waitedSeconds === null ? null : Date.now() - waitedSeconds * 1000;
  const { seeWait } = absenceReads(async () => since);
  expect(await seeWait(reading, call)).toBe(waits ? since : null);
});

test('one channel that fails is said, without its address; the others get host, run and text', async () => {
  const got: Notification[] = [];
  const good: Channel = {
    name: 'command',
    audience: 'operators',
    send: async (message) => void got.push(message),
  };
  const bad: Channel = {
    name: 'webhook 1',
    audience: 'operators',
    send: async () => Promise.reject(new Error('https://hooks.example.org/T0/secret answered 500')),
  };
  const { announceAbsence } = absenceMessages([bad, good]);
  const context = { effects: new Effects(false), step: 'tell:absence', round: 0, ...reading };
  const ended = await announceAbsence(context, {
    workflowId: 'window-1',
    absence: { host: 'web-1', since: 7 },
    subject: 'its worker is away',
    text: 'Look.',
  });
  expect(ended.channels).toBe('webhook 1 failed: Error: [address] answered 500, command sent');
  expect(got).toEqual([
    {
      runId: 'window-1',
      kind: 'worker-away',
      key: 'window-1/worker-away/7',
      subject: 'web-1: its worker is away',
      text: 'Look.',
    },
  ]);
});
