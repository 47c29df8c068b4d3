import {
  allHandlersFinished,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { fdtsHost, fdtsWaiting } from '../contracts/search-attributes.ts';
import type { WatchLook, WatchRules, WatchSignal, WatchState } from '../contracts/watch.ts';
import { askToAbort } from '../engine/ask-to-abort.ts';
import { stampOf } from '../engine/stamp.ts';
import { watchAlertSignal, watchClearSignal, watchQuery, watchRulesSignal } from '../messages.ts';
import { applicationDownProcedure } from '../procedures/application-down.ts';
import { procedures } from '../procedures/index.ts';
import { heard } from './alerts.ts';
import { ended } from './answer-ended.ts';
import type { Answers } from './block.ts';
import { answered, cleared, NOTHING_SEEN, nextAnswer } from './next-answer.ts';
import { lastingOutage, outageHandled, outageSeen, outageStep } from './outage-under-run.ts';
import { Teller } from './teller.ts';
import { unmeasuredSeen } from './unmeasured.ts';
import { lookAtHost, readEnd, readHolder } from './watch-calls.ts';
import { toldOfLook, watchMarkdown } from './watch-markdown.ts';
import {
  tellAsked,
  tellBlock,
  tellFailedLooks,
  tellOutage,
  tellRefusal,
  tellUnmeasured,
} from './watch-messages.ts';

const ANSWERS: Answers = Object.fromEntries(
  procedures.map(({ type, emergency }) => [
    type,
    { emergency: emergency === true, mendsOutage: type === applicationDownProcedure.type },
  ]),
);
const GIVE_WAY = new Set(procedures.filter(({ givesWay }) => givesWay === true).map(({ type }) => type));

/** People are told once so many looks in a row have failed: a worker that is started anew fails one or two. */
const FAILED_LOOKS_TOLD = 3;

/**
 * Watches one host for good: looks at it again and again, and starts the procedure that answers what is wrong, once for
 * each incident. It never changes the host itself. A cancel in the UI ends it; answers under way go on.
 */
export async function watchHost(first: WatchRules, from: WatchState = NOTHING_SEEN): Promise<never> {
  let rules = first;
  let state = from;
  const teller = new Teller(first.host);
  const show = (told: string) => setCurrentDetails(watchMarkdown(rules, state, told));
  upsertSearchAttributes([
    { key: fdtsHost, value: rules.host },
    { key: fdtsWaiting, value: state.blocked !== null },
  ]);
  setHandler(watchQuery, () => state, { description: 'What is wrong, what answers it, and what is blocked' });
  setHandler(watchAlertSignal, (alert) => void (state = heard(state, alert, Date.now())), {
    description: 'An alert from outside; sent by the control worker',
  });
  setHandler(watchRulesSignal, (given) => void (rules = given), {
    description: 'What the watch goes by; sent by the control worker',
  });
  setHandler(watchClearSignal, () => become(cleared(state)), {
    description: 'A person has looked: answers are started again. No input needed',
  });
  for (;;) {
    const isAnswered = state.open.length > 0;
    const seen = await lookAtHost(rules, state.lastMutedAt);
    await hearEnds();
    if (typeof seen === 'string') await hasFailed(seen);
    else {
      // What an answer has mended meanwhile, or is about to, is no second incident.
      const look = isAnswered ? { ...seen, muted: seen.muted ?? 'an answer is under way' } : seen;
      await decide(look);
      show(toldOfLook(look));
    }
    if (workflowInfo().continueAsNewSuggested && !teller.isTelling) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof watchHost>(rules, state);
    }
  }

  /** Takes the next state. A new reason to start nothing is told, and a watch that waits for a person is found as such. */
  function become(next: WatchState): void {
    const { blocked } = state;
    state = next;
    if ((blocked === null) !== (next.blocked === null))
      upsertSearchAttributes([{ key: fdtsWaiting, value: next.blocked !== null }]);
    if (next.blocked !== null && next.blocked !== blocked)
      teller.tell(tellBlock(next, workflowInfo().workflowId));
  }

  async function hasFailed(because: string): Promise<void> {
    const failedLooks = (state.failedLooks ?? 0) + 1;
    state = { ...state, failedLooks };
    if (failedLooks === FAILED_LOOKS_TOLD) teller.tell(tellFailedLooks(failedLooks, because));
    show(`The host could not be looked at: ${because}`);
    await sleep(rules.everySeconds * 1000);
  }

  async function decide(look: WatchLook): Promise<void> {
    const by = { rules, answers: ANSWERS };
    const { state: seen, lasting: unmeasured } = unmeasuredSeen(state, look, FAILED_LOOKS_TOLD);
    for (const one of unmeasured) teller.tell(tellUnmeasured(one, FAILED_LOOKS_TOLD));
    const verdict = nextAnswer({ ...seen, failedLooks: 0 }, look, { ...by, now: Date.now() });
    become(outageSeen(verdict.state, look, by));
    if (verdict.answer !== null) await startAnswer(verdict.answer);
    const lasting = lastingOutage(state, look, by);
    const doing = lasting === null ? null : await readHolder(lasting.holder);
    if (lasting === null || doing === null) return;
    const step = outageStep(state, lasting, doing, {
      ...by,
      givesWay: (procedure) => GIVE_WAY.has(procedure),
    });
    state = outageHandled(state, lasting, doing, step);
    if (step === 'tell people') teller.tell(tellOutage(state, lasting, doing));
    if (step !== 'ask to abort') return;
    const { answer } = lasting.down;
    const isTold = await askToAbort(lasting.holder, {
      by: `the watch (run ${workflowInfo().workflowId})`,
      reason: `FDTS is down and ${answer} needs the host`,
    });
    teller.tell(isTold ? tellAsked(state, lasting) : tellOutage(state, lasting, 'is gone'));
  }

  async function startAnswer(signal: WatchSignal): Promise<void> {
    const workflowId = `${signal.answer}-${rules.host}-${stampOf(Date.now())}-${state.count}`;
    state = answered(state, { signal, run: workflowId, now: Date.now() }, ANSWERS);
    await startChild(signal.answer, {
      workflowId,
      args: [{ host: rules.host, ...signal.input }],
      // What was begun goes on without the watch, and is not cancelled with it.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `started by the watch: ${signal.name}, ${signal.got}`,
    });
  }

  /** By their ids, so that the watch can continue as new while an answer waits for a person. */
  async function hearEnds(): Promise<void> {
    for (const { run } of state.open) {
      const outcome = await readEnd(run);
      if (outcome === null) continue;
      if (outcome === 'refused') teller.tell(tellRefusal(state, run, { rules, answers: ANSWERS }));
      become(ended(state, { run, outcome, now: Date.now() }, ANSWERS));
    }
  }
}
