import { describe, expect, it } from 'vitest';
import type { Holder } from '../../../workflows/contracts/containment.ts';
import type { HolderState, WatchLook, WatchState } from '../../../workflows/contracts/watch.ts';
import { ended } from '../../../workflows/watch/answer-ended.ts';
import type { Answers, DecidedBy } from '../../../workflows/watch/block.ts';
import { NOTHING_SEEN } from '../../../workflows/watch/next-answer.ts';
import {
  lastingOutage,
  type OutageStep,
  outageHandled,
  outageSeen,
  outageStep,
} from '../../../workflows/watch/outage-under-run.ts';
import { tellAsked, tellOutage } from '../../../workflows/watch/watch-messages.ts';

const routine = { emergency: false, mendsOutage: false };
const answers: Answers = {
  applicationDown: { ...routine, mendsOutage: true },
  highMemory: routine,
  restoreBackup: routine,
};
const by: DecidedBy = {
  rules: { host: 'web-1', everySeconds: 30, mostAnswers: 2, withinSeconds: 3600 },
  answers,
};
const givesWay = (procedure: string) => procedure === 'highMemory';
const holder: Holder = {
  procedure: 'highMemory',
  workflowId: 'memory-1',
  runId: 'r',
  state: 'open',
  since: '2026-01-04T02:00:00.000Z',
  step: 'Measure the memory',
};
const look = (wrongSeconds: number, has: Partial<Holder> | null = {}): WatchLook => ({
  seconds: 30,
  muted: 'a run has the host',
  holder: has === null ? null : { ...holder, ...has },
  signals: [
    {
      name: 'app down',
      wrongSeconds,
      mustLastSeconds: 60,
      got: 'no answer',
      expected: 'an answer',
      answer: 'applicationDown',
    },
  ],
});

/** Looks one after the other; gives what was done at each, null when nobody asked what the run does. */
function watch(looks: readonly WatchLook[], doing: HolderState, from: WatchState = NOTHING_SEEN) {
  const steps: (OutageStep | null)[] = [];
  let state = from;
  for (const one of looks) {
    state = outageSeen(state, one, by);
    const lasting = lastingOutage(state, one, by);
    const step = lasting === null ? null : outageStep(state, lasting, doing, { ...by, givesWay });
    if (lasting !== null && step !== null) state = outageHandled(state, lasting, doing, step);
    steps.push(step);
  }
  return { steps, state };
}

const down = look(30);

describe('FDTS is down while a run waits at its gate', () => {
  it('it is asked to abort once that has lasted, once', () => {
    const { steps, state } = watch([down, down, down, down], 'waits at a gate');
    expect(steps).toEqual([null, 'ask to abort', null, null]);
    expect(state.outage).toMatchObject({ asked: 'memory-1', isTold: true });
  });

  it('not when it was in order between, and again for the next outage', () => {
    expect(watch([down, look(0), down], 'waits at a gate').steps).toEqual([null, null, null]);
    const { steps } = watch([down, down, look(0), down, down], 'waits at a gate');
    expect(steps).toEqual([null, 'ask to abort', null, null, 'ask to abort']);
  });

  it('another run that has the host then is asked as well', () => {
    const other = look(30, { workflowId: 'memory-2' });
    expect(watch([down, down, other], 'waits at a gate').steps).toEqual([
      null,
      'ask to abort',
      'ask to abort',
    ]);
  });

  it('its answer, which may have been refused before, is started afresh then', () => {
    const before = {
      ...NOTHING_SEEN,
      incidents: { 'app down': { wrongSeconds: 60, got: '', run: 'down-0' } },
    };
    expect(watch([down, down], 'waits at a gate', before).state.incidents).toEqual({});
  });

  it('an answer of the watch that gave way is no bad end, and its incident is answered again', () => {
    const before: WatchState = {
      ...NOTHING_SEEN,
      incidents: { 'memory of app': { wrongSeconds: 300, got: '95 %', run: 'memory-1' } },
      open: [{ run: 'memory-1', answer: 'highMemory' }],
    };
    const { state } = watch([down, down], 'waits at a gate', before);
    const end = { run: 'memory-1', outcome: 'rejected', now: 0 };
    expect(ended(state, end, answers)).toMatchObject({ blocked: null, incidents: {}, open: [] });
    expect(ended(state, { ...end, outcome: 'needs-operator' }, answers).blocked).toBe(
      'memory-1 ended as needs-operator',
    );
    expect(ended(before, end, answers).blocked).toBe('memory-1 ended as rejected');
  });

  it.each([
    ['its procedure may be the way to mend it', look(30, { procedure: 'restoreBackup' }), NOTHING_SEEN],
    ['the host is in quarantine after it', look(30, { state: 'needs-operator' }), NOTHING_SEEN],
    ['the answer is blocked', down, { ...NOTHING_SEEN, blocked: 'down-0 ended as needs-operator' }],
    ['the answer is beyond the loop guard', down, { ...NOTHING_SEEN, startedAt: [0, 1] }],
  ])('people are told, once, when %s', (_, one, from) => {
    expect(watch([one, one, one], 'waits at a gate', from).steps).toEqual([null, 'tell people', 'nothing']);
  });
});

describe('FDTS is down while a run', () => {
  it.each<HolderState>(['works', 'is gone'])('%s: people are told, once', (doing) => {
    expect(watch([down, down, down], doing).steps).toEqual([null, 'tell people', 'nothing']);
  });

  it('shuts users out on purpose: nobody is told, and it counts from when they are let in again', () => {
    const { steps, state } = watch([down, down, down], 'shuts users out');
    expect(steps).toEqual([null, 'nothing', null]);
    expect(watch([down], 'works', state).steps).toEqual(['tell people']);
    expect(watch([down, down], 'shuts users out').state.outage).toBeNull();
  });

  it('works, and waits at a gate later: then it is asked to abort', () => {
    const { state } = watch([down, down], 'works');
    expect(watch([down], 'waits at a gate', state).steps).toEqual(['ask to abort']);
  });

  it('that mends it, or an answer that is about to, needs nothing', () => {
    const mending = look(30, { procedure: 'applicationDown' });
    expect(watch([mending, mending, mending], 'works').steps).toEqual([null, null, null]);
    const open = { ...NOTHING_SEEN, open: [{ run: 'down-0', answer: 'applicationDown' }] };
    expect(watch([down, down, down], 'works', open).steps).toEqual([null, null, null]);
  });

  it('has an incident open, or nobody knows who has the host: nothing is done', () => {
    const { muted, seconds, signals } = down;
    const ofEarlierWorker = { muted, seconds, signals };
    expect(watch([look(30, null), look(30, null), look(30, null)], 'works').steps).toEqual([
      null,
      null,
      null,
    ]);
    expect(watch([ofEarlierWorker, ofEarlierWorker], 'works').steps).toEqual([null, null]);
  });
});

describe('people are told', () => {
  const { state } = watch([down, down], 'works');
  const lasting = lastingOutage(state, down, by);
  if (lasting === null) throw new Error('it has lasted');

  it('that the run was asked, and what follows', () => {
    expect(tellAsked(state, lasting).text).toBe(
      'FDTS has been down for 60 s: no answer. highMemory (run memory-1) had the host and only waited for a person at a gate: the watch asked it to abort. applicationDown starts once the host is free. Start highMemory again when FDTS serves.',
    );
  });

  it.each<[HolderState, Partial<Holder>, string]>([
    [
      'works',
      {},
      '"fdts-ops watch memory-1" shows how far it is. To have FDTS mended first: "fdts-ops abort',
    ],
    ['waits at a gate', {}, 'It waits for a person: "fdts-ops watch memory-1" shows for what.'],
    ['is gone', {}, 'did not give the host back: "sudo fdts-ops recover"'],
    ['is gone', { state: 'needs-operator' }, 'in quarantine after it: "sudo fdts-ops recover"'],
  ])('what to do about a run that %s', (doing, has, says) => {
    const { text } = tellOutage(state, { ...lasting, holder: { ...holder, ...has } }, doing);
    expect(text).toContain('applicationDown is not started while highMemory (run memory-1, in step');
    expect(text).toContain(says);
  });

  it('that the answer waits for a clear', () => {
    const blocked = { ...state, blocked: 'down-0 ended as expired', blocksOutage: true };
    expect(tellOutage(blocked, lasting, 'works').text).toContain(
      'The watch starts it only after a "clear": down-0 ended as expired.',
    );
  });
});
