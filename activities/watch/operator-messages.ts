import type { OperatorMessage } from '../../workflows/contracts/operator-message.ts';
import type { Channel } from '../adapters/notify/notification.ts';
import { sentOrWhyNot } from '../adapters/notify/sent-or-why-not.ts';
import type { Mutation } from '../execution/mutation.ts';

export type OperatorMessages = ReturnType<typeof operatorMessages>;

/** What the control worker itself tells operators: of a watch, and of a host that cannot. */
export function operatorMessages(channels: readonly Channel[]) {
  /**
   * Tells operators over the control worker's channels. Changes nothing but what those do with it. A repetition, after the
   * control worker died in the middle, sends it again; a channel that fails is said, no failure.
   */
  const tellOperators: Mutation<OperatorMessage, { readonly channels: string }> = async (
    { effects },
    { workflowId, host, kind, occurrence, subject, text },
  ) =>
    effects.perform(
      `fdts-ops: notify operators "${subject}"`,
      async () => {
        const key = `${workflowId}/${kind}/${occurrence}`;
        const message = { runId: workflowId, kind, key, subject: `${host}: ${subject}`, text };
        const ended = channels.map(
          async ({ name, send }) =>
            `${name} ${await sentOrWhyNot(TIMEOUT_MS, () => send(message, TIMEOUT_MS))}`,
        );
        return { channels: (await Promise.all(ended)).join(', ') };
      },
      { channels: 'none, dry run' },
    );

  return { tellOperators };
}

const TIMEOUT_MS = 30_000;
