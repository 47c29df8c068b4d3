import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { readsAsActivities } from '../../../activities/execution/as-activity.ts';

const { look } = readsAsActivities({ look: async () => 'seen' }, 'machine-a');

async function ask(machineId: string | null): Promise<unknown> {
  if (look === undefined) throw new Error('no activity');
  const request = { stamp: '20260101_020000', step: null, machineId, input: {} };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a request as the engine sends it
  return new MockActivityEnvironment().run(look, request as never);
}

it('another machine under the name of the host answers no question about it', async () => {
  await expect(ask('machine-b')).rejects.toMatchObject({ type: 'WRONG_MACHINE', nonRetryable: false });
});

it('the machine that was checked answers, and before a machine is known so does any', async () => {
  expect(await ask('machine-a')).toBe('seen');
  expect(await ask(null)).toBe('seen');
});
