import {
  allHandlersFinished,
  ChildWorkflowCancellationType,
  condition,
  continueAsNew,
  isCancellation,
  ParentClosePolicy,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import { fdtsHost } from '../contracts/search-attributes.ts';
import { hostTaskQueue } from '../contracts/task-queues.ts';
import type { WatchLook, WatchRules, WatchSignal, WatchState } from '../contracts/watch.ts';
import { makeRead } from '../engine/activity-policies.ts';
import { control, read } from '../engine/calls.ts';
import { describeFailure } from '../engine/failure.ts';
import { stampOf } from '../engine/stamp.ts';
import { watchAlertSignal, watchClearSignal, watchQuery, watchRulesSignal } from '../messages.ts';
import { procedures } from '../procedures/index.ts';
import { type Answers, answered, cleared, ended, heard, NOTHING_SEEN, nextAnswer } from './next-answer.ts';
import { watchMarkdown } from './watch-markdown.ts';

const ANSWERS: Answers = Object.fromEntries(
  procedures.map(({ type, emergency }) => [type, { emergency: emergency === true }]),
);

/**
 * Watches one host for good: looks at it again and again, and starts the procedure that answers what is wrong, once for
 * each incident. It never changes the host itself. A cancel in the UI ends it; answers under way go on.
 */
export async function watchHost(first: WatchRules, from: WatchState = NOTHING_SEEN): Promise<never> {
  let rules = first;
  let state = from;
  const show = (told: string) => setCurrentDetails(watchMarkdown(rules, state, told));
  setHandler(watchQuery, () => state, { description: 'What is wrong, what answers it, and what is blocked' });
  setHandler(watchAlertSignal, (alert) => void (state = heard(state, alert)), {
    description: 'An alert from outside; sent by the control worker',
  });
  setHandler(watchRulesSignal, (given) => void (rules = given), {
    description: 'What the watch goes by; sent by the control worker',
  });
  setHandler(watchClearSignal, () => void (state = cleared(state)), {
    description: 'A person has looked: answers are started again. No input needed',
  });
  upsertSearchAttributes([{ key: fdtsHost, value: rules.host }]);
  for (;;) {
    const isAnswered = state.open.length > 0;
    const seen = await lookAtHost(rules, state.lastMutedAt);
    await hearEnds();
    // What an answer has mended meanwhile, or is about to, is no second incident.
    const look =
      typeof seen === 'string' || !isAnswered
        ? seen
        : { ...seen, muted: seen.muted ?? 'an answer is under way' };
    if (typeof look === 'string') {
      show(`The host could not be looked at: ${look}`);
      await sleep(rules.everySeconds * 1000);
    } else {
      const verdict = nextAnswer(state, look, { rules, answers: ANSWERS, now: Date.now() });
      state = verdict.state;
      if (verdict.answer !== null) await startAnswer(verdict.answer);
      show(told(look));
    }
    if (workflowInfo().continueAsNewSuggested) {
      await condition(allHandlersFinished);
      await continueAsNew<typeof watchHost>(rules, state);
    }
  }

  async function startAnswer(signal: WatchSignal): Promise<void> {
    const workflowId = `${signal.answer}-${rules.host}-${stampOf(Date.now())}-${state.count}`;
    state = answered(state, signal, workflowId, Date.now());
    await startChild(signal.answer, {
      workflowId,
      args: [{ host: rules.host }],
      // What was begun goes on without the watch, and is not cancelled with it.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `started by the watch: ${signal.name}, ${signal.got}`,
    });
  }

  /** By their ids, so that the watch can continue as new while an answer waits for a person. */
  async function hearEnds(): Promise<void> {
    for (const { run } of state.open) {
      const end = await readEnd(run);
      if (end !== null)
        state = ended(state, { run, outcome: end, isGood: end === 'completed', now: Date.now() });
    }
  }
}

/** How a run ended; null while it goes on, or when the control worker cannot say now. */
async function readEnd(workflowId: string): Promise<string | null> {
  try {
    return await makeRead(control.readEnd({ workflowId }), {
      taskQueue: workflowInfo().taskQueue,
      stamp: 'watch',
      step: null,
      machineId: null,
      summary: 'see whether the answer has ended',
      patient: null,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return null;
  }
}

/** The look, or why there was none. */
async function lookAtHost(
  { host, everySeconds }: WatchRules,
  lastMutedAt: number | null,
): Promise<WatchLook | string> {
  const taskQueue = hostTaskQueue(host);
  const freeSeconds = lastMutedAt === null ? null : (Date.now() - lastMutedAt) / 1000;
  try {
    return await makeRead(read.lookAtHost({ seconds: everySeconds, freeSeconds }), {
      taskQueue,
      stamp: 'watch',
      step: null,
      machineId: null,
      summary: 'look at the host',
      patient: null,
    });
  } catch (error) {
    if (isCancellation(error)) throw error;
    return describeFailure(error, taskQueue).message;
  }
}

function told({ muted, signals }: WatchLook): string {
  if (muted !== null) return `Nothing is answered now: ${muted}`;
  const wrong = signals.filter(({ wrongSeconds }) => wrongSeconds > 0);
  if (wrong.length === 0) return 'All is well.';
  return wrong.map(({ name, got, expected }) => `${name}: ${got}, expected ${expected}`).join('; ');
}
