import type { Absence, WaitingCall } from '../../workflows/contracts/absence.ts';
import type { Channel } from '../adapters/notify/notification.ts';
import { sentOrWhyNot } from '../adapters/notify/sent-or-why-not.ts';
import type { Mutation, Read } from '../execution/mutation.ts';

/** Since when a call of a run waits for a worker; null when one has it. What asks the server lies with the worker. */
export type WaitOfCall = (call: WaitingCall) => Promise<number | null>;

export type AbsenceCalls = ReturnType<typeof absenceReads> & ReturnType<typeof absenceMessages>;

/** What the control worker sees of a host's worker that is away. */
export function absenceReads(waitOf: WaitOfCall) {
  /** Since when (milliseconds since the epoch) a call waits, once it has waited that long; null when it does not. */
  const seeWait: Read<WaitingCall & { readonly seconds: number }, number | null> = async (
    _context,
    { seconds, ...call },
  ) => {
    const since = await waitOf(call);
    return since !== null && Date.now() - since >= seconds * 1000 ? since : null;
  };

  return { seeWait };
}

/** What the control worker tells people: the host, which tells everything else, cannot. */
export function absenceMessages(channels: readonly Channel[]) {
  /**
   * Says that the worker of a host is away, over the control worker's channels. Changes nothing but what those do with it.
   * A repetition, after the control worker died in the middle, sends it again; a channel that fails is said, no failure.
   */
  const announceAbsence: Mutation<
    {
      readonly workflowId: string;
      readonly absence: Absence;
      readonly subject: string;
      readonly text: string;
    },
    { readonly channels: string }
  > = async ({ effects }, { workflowId, absence, subject, text }) =>
    effects.perform(
      `fdts-ops: notify operators "${subject}"`,
      async () => {
        const kind = 'worker-away';
        const key = `${workflowId}/${kind}/${absence.since}`;
        const message = { runId: workflowId, kind, key, subject: `${absence.host}: ${subject}`, text };
        const ended = channels.map(
          async ({ name, send }) => `${name} ${await sentOrWhyNot(() => send(message, TIMEOUT_MS))}`,
        );
        return { channels: (await Promise.all(ended)).join(', ') };
      },
      { channels: 'none, dry run' },
    );

  return { announceAbsence };
}

const TIMEOUT_MS = 30_000;
