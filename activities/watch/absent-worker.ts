import type { Absence, WaitingCall } from '../../workflows/contracts/absence.ts';
import type { Channel } from '../adapters/notify/notification.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import { operatorMessages } from './operator-messages.ts';

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

/** What the control worker tells people of an absence: the host, which tells everything else, cannot. */
export function absenceMessages(channels: readonly Channel[]) {
  const { tellOperators } = operatorMessages(channels);

  /** Says that the worker of a host is away. Open runs know it under this name; else it is as `tellOperators`. */
  const announceAbsence: Mutation<
    {
      readonly workflowId: string;
      readonly absence: Absence;
      readonly subject: string;
      readonly text: string;
    },
    { readonly channels: string }
  > = async (context, { absence, ...said }) =>
    tellOperators(context, {
      ...said,
      host: absence.host,
      kind: 'worker-away',
      occurrence: absence.since,
    });

  return { announceAbsence };
}
