import type { OperatorMessage } from '../contracts/operator-message.ts';
import type { HolderState, Unmeasured, WatchState } from '../contracts/watch.ts';
import { LOOK_AT_WORKER } from '../engine/tell-absence.ts';
import { type DecidedBy, startedStill } from './block.ts';
import type { OutageUnderRun } from './outage-under-run.ts';

/** What the watch says to people, of its host. */
export type Told = Pick<OperatorMessage, 'kind' | 'subject' | 'text'>;

/** Nothing is started any more. Pure. */
export function tellBlock(state: WatchState, watch: string): Told {
  return {
    kind: 'watch-blocked',
    subject: 'the watch waits for a person',
    text: [
      `It starts ${startedStill(state)} any more: ${state.blocked}.`,
      'Read the reports of its runs ("fdts-ops runs", "fdts-ops report RUN") and mend what is left.',
      `Then send the signal "clear" to the run ${watch}: in the UI More Actions, Send a Signal, no input needed.`,
    ].join(' '),
  };
}

/** A host refused an answer, as in a freeze. Pure. */
export function tellRefusal(
  { incidents, open }: WatchState,
  run: string,
  { answers, rules }: DecidedBy,
): Told {
  const answer = open.find((other) => other.run === run)?.answer ?? 'an answer';
  const wrong = Object.entries(incidents).filter(([, incident]) => incident.run === run);
  return {
    kind: 'answer-refused',
    subject: `${answer} was refused`,
    text: [
      `The watch started it as run ${run}, because of ${wrong.map(([name, { got }]) => `${name}: ${got}`).join('; ') || 'what is over by now'}.`,
      `"fdts-ops report ${run}" says why it was refused, and what to do.`,
      answers[answer]?.mendsOutage === true
        ? `The watch starts it again while FDTS is down, until ${rules.mostAnswers} answers were tried within ${Math.round(rules.withinSeconds / 3600)} h.`
        : 'The watch does not start it again until that is over and comes back.',
      'Nothing else is held back.',
    ].join(' '),
  };
}

/** The host could not be looked at. Pure. */
export function tellFailedLooks(looks: number, because: string): Told {
  return {
    kind: 'host-not-seen',
    subject: 'the watch cannot look at the host',
    text: [
      `${looks} looks in a row have failed; the last one: ${because}.`,
      'What is wrong there is neither seen nor answered now.',
      `On the host: ${LOOK_AT_WORKER}. The watch goes on by itself.`,
    ].join(' '),
  };
}

/** One thing could not be measured; all else is seen. Pure. */
export function tellUnmeasured({ name, because }: Unmeasured, looks: number): Told {
  return {
    kind: 'not-measured',
    subject: `the watch cannot measure "${name}"`,
    text: [
      `${looks} looks in a row could not measure it; the last one: ${because}.`,
      'What is wrong there is neither seen nor answered now; everything else is.',
      'Mend what the cause says: the watch measures it again by itself.',
    ].join(' '),
  };
}

/** FDTS is down, and the run that has the host was asked to give it up. Pure. */
export function tellAsked(state: WatchState, { down, holder }: OutageUnderRun): Told {
  return {
    kind: 'outage-under-run',
    subject: `FDTS is down, ${holder.procedure} was asked to abort`,
    text: [
      downSince(state),
      `${holder.procedure} (run ${holder.workflowId}) had the host and only waited for a person at a gate: the watch asked it to abort.`,
      `${down.answer} starts once the host is free. Start ${holder.procedure} again when FDTS serves.`,
    ].join(' '),
  };
}

/** FDTS is down, and nothing is done about it while a run has the host. Pure. */
export function tellOutage(state: WatchState, { down, holder }: OutageUnderRun, doing: HolderState): Told {
  return {
    kind: 'outage-under-run',
    subject: `FDTS is down while ${holder.procedure} has the host`,
    text: [
      downSince(state),
      `${down.answer} is not started while ${holder.procedure} (run ${holder.workflowId}, in step "${holder.step ?? 'none yet'}") has the host.`,
      whatNext({ down, holder }, doing),
      ...(state.blocked !== null && (state.blocksOutage ?? true)
        ? [`The watch starts it only after a "clear": ${state.blocked}.`]
        : []),
    ].join(' '),
  };
}

function downSince({ outage }: WatchState): string {
  if (outage == null) return 'FDTS is down.';
  return `FDTS has been down for ${Math.round(outage.wrongSeconds)} s: ${outage.got}.`;
}

function whatNext({ down, holder }: OutageUnderRun, doing: HolderState): string {
  const { workflowId, state } = holder;
  if (state === 'needs-operator')
    return 'The host is in quarantine after it: "sudo fdts-ops recover" on the host.';
  if (doing === 'is gone')
    return 'That run is gone and did not give the host back: "sudo fdts-ops recover" on the host.';
  const abort = `To have FDTS mended first: "fdts-ops abort ${workflowId}", then ${down.answer} starts once the host is free.`;
  return doing === 'waits at a gate'
    ? `It waits for a person: "fdts-ops watch ${workflowId}" shows for what. ${abort}`
    : `"fdts-ops watch ${workflowId}" shows how far it is. ${abort}`;
}
