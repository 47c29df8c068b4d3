import { describe, expect, it } from 'vitest';
import type { WatchLook, WatchRules, WatchSignal, WatchState } from '../../../workflows/contracts/watch.ts';
import { heard } from '../../../workflows/watch/alerts.ts';
import { ended } from '../../../workflows/watch/answer-ended.ts';
import type { Answers } from '../../../workflows/watch/block.ts';
import { answered, cleared, NOTHING_SEEN, nextAnswer } from '../../../workflows/watch/next-answer.ts';
import { unmeasuredSeen } from '../../../workflows/watch/unmeasured.ts';
import { watchMarkdown } from '../../../workflows/watch/watch-markdown.ts';

const rules: WatchRules = { host: 'web-1', everySeconds: 30, mostAnswers: 2, withinSeconds: 3600 };
const routine = { emergency: false, mendsOutage: false };
const answers: Answers = {
  applicationDown: { ...routine, mendsOutage: true },
  highErrorRate: routine,
  highMemory: routine,
  securityIncident: { ...routine, emergency: true },
};
const down = (wrongSeconds: number): WatchSignal => ({
  name: 'app down',
  wrongSeconds,
  mustLastSeconds: 45,
  got: `down for ${wrongSeconds} s`,
  expected: 'up',
  answer: 'applicationDown',
});
const look = (signals: readonly WatchSignal[], muted: string | null = null): WatchLook => ({
  seconds: 30,
  muted,
  signals,
});
const alert = { fingerprint: 'f1', name: 'HighMemory', firing: true, answer: 'highMemory' };

const failed = { run: 'run-0', outcome: 'needs-operator', now: 0 };
const mended = { run: 'run-0', outcome: 'completed', now: 60_000 };
const refused = { run: 'run-0', outcome: 'refused', now: 60_000 };
const memory = (wrongSeconds: number): WatchSignal => ({
  ...down(wrongSeconds),
  name: 'memory of app',
  answer: 'highMemory',
});

const rate = (wrongSeconds: number): WatchSignal => ({
  ...down(wrongSeconds),
  name: 'error rate',
  answer: 'highErrorRate',
});

/** It is wrong for long enough, and then in order again. */
const once = (signal: (wrongSeconds: number) => WatchSignal) => [
  look([signal(30)]),
  look([signal(30)]),
  look([signal(0)]),
];

/** Looks one after the other, 30 s apart, each answer started at once; gives what was started. */
function watch(looks: readonly WatchLook[], from: WatchState = NOTHING_SEEN) {
  const started: string[] = [];
  let state = from;
  looks.forEach((one, index) => {
    const now = index * 30_000;
    const verdict = nextAnswer(state, one, { rules, answers, now });
    state = verdict.state;
    if (verdict.answer === null) return;
    started.push(verdict.answer.answer);
    state = answered(state, { signal: verdict.answer, run: `run-${state.count}`, now }, answers);
  });
  return { started, state };
}

const blind = (): WatchLook => ({
  ...look([]),
  unmeasured: [{ name: 'memory', because: 'the engine is away' }],
});

/** What is told after each of these looks as not measured twice in a row. */
function toldOf(looks: readonly WatchLook[]): string[] {
  let state = NOTHING_SEEN;
  return looks.map((one) => {
    const seen = unmeasuredSeen(state, one, 2);
    state = seen.state;
    return seen.lasting.map(({ name }) => name).join();
  });
}

describe('an answer is started', () => {
  it('once what is wrong has lasted, and once for one incident', () => {
    expect(watch([look([down(10)]), look([down(30)])]).started).toEqual([]);
    expect(watch([look([down(20)]), look([down(30)]), look([down(30)]), look([down(30)])]).started).toEqual([
      'applicationDown',
    ]);
  });

  it('not when it was in order between', () => {
    expect(watch([look([down(30)]), look([down(0)]), look([down(30)])]).started).toEqual([]);
    expect(watch([look([down(30)]), look([down(14)])]).started).toEqual([]);
  });

  it('again for the next incident', () => {
    const wrong = [look([down(30)]), look([down(30)])];
    expect(watch([...wrong, look([down(0)]), ...wrong]).started).toHaveLength(2);
  });

  it('for the first of several signals, the others wait', () => {
    const both = look([down(30), { ...down(30), name: 'error rate', answer: 'highErrorRate' }]);
    expect(watch([both, both]).started).toEqual(['applicationDown']);
    expect(watch([both, both, both]).started).toEqual(['applicationDown', 'highErrorRate']);
  });
});

describe('nothing is started', () => {
  it('while a run has the host, and what was wrong meanwhile does not count after it', () => {
    const muted = look([down(30)], 'plannedMaintenance has the host');
    expect(watch([look([down(30)]), muted, muted, look([down(30)])]).started).toEqual([]);
  });

  it('beyond the limit: a person has to say that they looked', () => {
    const incident = [look([down(30)]), look([down(30)]), look([down(0)])];
    const { started, state } = watch([...incident, ...incident, ...incident]);
    expect(started).toHaveLength(2);
    expect(state.blocked).toMatch(/2 answers were started within 1 h, and app down asks for applicationDown/);
    expect(watch(incident, state).started).toEqual([]);
    expect(watch(incident, cleared(state)).started).toHaveLength(1);
  });

  it('after an answer that did not mend it, until a person says so', () => {
    const { state } = watch([look([down(30)]), look([down(30)])]);
    const blocked = ended(state, failed, answers);
    expect(blocked.blocked).toBe('run-0 ended as needs-operator');
    expect(watch([look([down(0)]), look([down(30)]), look([down(30)])], blocked).started).toEqual([]);
    expect(watch([look([down(30)]), look([down(30)])], cleared(blocked)).started).toHaveLength(1);
  });
});

describe('an alert from outside', () => {
  it('is answered at once and once, however often it is sent', () => {
    const firing = heard(heard(NOTHING_SEEN, alert, 0), alert, 0);
    expect(watch([look([]), look([]), look([])], firing).started).toEqual(['highMemory']);
  });

  it('is over when it is resolved, and answered again when it fires again', () => {
    const { state } = watch([look([])], heard(NOTHING_SEEN, alert, 0));
    const over = watch([look([])], heard(state, { ...alert, firing: false }, 0));
    expect(over.started).toEqual([]);
    expect(watch([look([])], heard(over.state, alert, 0)).started).toEqual(['highMemory']);
  });

  const brief = { ...alert, countsFor: 60 };

  it('is over when nobody repeats it, though nobody resolves it, and is answered anew when it comes back', () => {
    const silent = [look([]), look([]), look([]), look([])];
    const { state, started } = watch(silent, heard(NOTHING_SEEN, brief, 0));
    expect(started).toEqual(['highMemory']);
    expect(state).toMatchObject({ alerts: [], incidents: {} });
    expect(watch(silent, heard(state, brief, 0)).started).toEqual(['highMemory']);
  });

  it('counts on when it is repeated, and is answered once', () => {
    const { state } = watch([look([]), look([]), look([])], heard(NOTHING_SEEN, brief, 0));
    const later = nextAnswer(heard(state, brief, 60_000), look([]), { rules, answers, now: 110_000 });
    expect(later.answer).toBeNull();
    expect(later.state.alerts).toHaveLength(1);
  });

  it('of an earlier version counts from when it is seen', () => {
    const { state } = watch([look([])], { ...NOTHING_SEEN, alerts: [alert] });
    expect(state.alerts).toEqual([{ ...alert, heardAt: 0 }]);
  });

  it('that was answered is not answered by a clear: it is when it is sent again', () => {
    const { state } = watch([look([])], heard(NOTHING_SEEN, alert, 0));
    const looked = cleared(ended(state, failed, answers));
    expect(watch([look([]), look([])], looked).started).toEqual([]);
    expect(watch([look([])], heard(looked, alert, 0)).started).toEqual(['highMemory']);
  });
});

describe('an outage that was answered', () => {
  const outage = [look([down(30)]), look([down(30)])];
  const appDown = { fingerprint: 'f3', name: 'AppDown', firing: true, answer: 'applicationDown' };

  it('is the answer to the alerts about it that come meanwhile, until they are resolved', () => {
    const { state } = watch(outage);
    const after = ended(heard(state, appDown, 0), mended, answers);
    const next = watch([look([down(0)]), look([down(0)])], after);
    expect(next.started).toEqual([]);
    const over = watch([look([])], heard(next.state, { ...appDown, firing: false }, 0));
    expect(watch([look([])], heard(over.state, appDown, 0)).started).toEqual(['applicationDown']);
  });

  it('leaves alerts that ask for something else, and those after an answer that failed, to be answered', () => {
    const { state } = watch(outage);
    expect(watch([look([])], ended(heard(state, alert, 0), mended, answers)).started).toEqual(['highMemory']);
    const after = cleared(ended(heard(state, appDown, 0), failed, answers));
    expect(watch([look([])], after).started).toEqual(['applicationDown']);
  });

  it('is remembered by its time, as is a run that has the host', () => {
    expect(ended(watch(outage).state, mended, answers).lastMutedAt).toBe(60_000);
    const muted = look([], 'plannedMaintenance has the host');
    expect(watch([look([]), muted, look([])]).state.lastMutedAt).toBe(30_000);
  });
});

describe('what is measured anew after a good answer', () => {
  it.each([
    ['an app that is down', down, 'applicationDown'],
    ['memory', memory, 'highMemory'],
    ['an error rate', rate, 'highErrorRate'],
  ])('is answered again, though it was never seen in order between: %s', (_what, signal, answer) => {
    const lasts = [look([signal(30)]), look([signal(30)])];
    const after = ended(watch(lasts).state, mended, answers);
    expect(watch([look([signal(20)])], after).started).toEqual([]);
    expect(watch([look([signal(20)]), look([signal(30)]), look([signal(30)])], after).started).toEqual([
      answer,
    ]);
  });

  it('is answered up to the limit: then a person has to look', () => {
    const lasts = [look([down(30)]), look([down(30)])];
    const second = watch(lasts, ended(watch(lasts).state, mended, answers));
    const third = watch(lasts, ended(second.state, { ...mended, run: 'run-1' }, answers));
    expect(third.started).toEqual([]);
    expect(third.state.blocked).toMatch(/2 answers were started within 1 h, and app down asks for/);
  });

  it('an alert is not: it has its answer until it is over, however often it is sent', () => {
    const { state } = watch([look([])], heard(NOTHING_SEEN, alert, 0));
    const after = ended(state, mended, answers);
    const resent = heard(watch([look([])], after).state, alert, 0);
    expect(watch([look([]), look([])], resent).started).toEqual([]);
    expect(watch([look([memory(30)]), look([memory(30)])], resent).started).toEqual(['highMemory']);
  });
});

describe('an emergency', () => {
  const intrusion = { fingerprint: 'f2', name: 'Intrusion', firing: true, answer: 'securityIncident' };
  const muted = look([down(30)], 'restoreBackup has the host');

  it('is answered while a run has the host, and while answers are blocked', () => {
    expect(watch([muted, muted], heard(NOTHING_SEEN, intrusion, 0)).started).toEqual(['securityIncident']);
    const blocked = ended(heard(NOTHING_SEEN, intrusion, 0), failed, answers);
    expect(watch([look([]), look([])], blocked).started).toEqual(['securityIncident']);
  });

  /** It fires and is over again, so many times. */
  const flaps = (times: number, from: WatchState = NOTHING_SEEN) => {
    const started: string[] = [];
    let state = from;
    for (let time = 0; time < times; time += 1) {
      const fires = watch([look([])], heard(state, intrusion, 0));
      started.push(...fires.started);
      state = watch([look([])], heard(fires.state, { ...intrusion, firing: false }, 0)).state;
    }
    return { started, state };
  };

  it('that comes back again and again has a limit of its own: then a person has to look, and an outage is still mended', () => {
    const { started, state } = flaps(4);
    expect(started).toEqual(['securityIncident', 'securityIncident']);
    expect(state.blocked).toMatch(/^2 emergencies were started within 1 h, and alert Intrusion f2 asks for/);
    expect(watchMarkdown(rules, state, '')).toContain('starts nothing but applicationDown any more');
    expect(watch([look([down(30)]), look([down(30)])], { ...state, startedAt: [] }).started).toEqual([
      'applicationDown',
    ]);
    expect(flaps(1, cleared(state)).started).toEqual(['securityIncident']);
  });

  it('that its host refused does not count for that limit', () => {
    const { state } = flaps(1);
    const first = ended(state, refused, answers);
    expect(flaps(3, first).started).toEqual(['securityIncident', 'securityIncident']);
  });

  it('that its host refused is no answer to it: it is answered again, up to the limit', () => {
    let state = heard(NOTHING_SEEN, intrusion, 0);
    for (const [index, run] of ['run-0', 'run-1'].entries()) {
      const fires = watch([look([])], state);
      expect(fires.started, `time ${index}`).toEqual(['securityIncident']);
      state = ended(fires.state, { ...refused, run }, answers);
    }
    const guarded = watch([look([])], state);
    expect(guarded.started).toEqual([]);
    expect(guarded.state.blocked).toMatch(/^2 emergencies were refused within 1 h/);
  });

  it('of another kind that the limit holds back is told, once', () => {
    const { state } = flaps(3);
    const other = { ...intrusion, fingerprint: 'f9', name: 'Ransom' };
    const told = watch([look([])], heard(state, other, 0));
    expect(told.started).toEqual([]);
    expect(told.state.blocked).toMatch(/; alert Ransom f9 asks for securityIncident, which is not started$/);
    expect(watch([look([])], told.state).state.blocked).toBe(told.state.blocked);
  });

  it('is answered beyond the limit of the loop guard', () => {
    const { state } = watch([...once(down), ...once(down)]);
    expect(watch([look([])], heard(state, intrusion, 0)).started).toEqual(['securityIncident']);
    const guarded = watch(once(down), state);
    expect(guarded.state.blocked).toMatch(/2 answers were started/);
    expect(watch([look([])], heard(guarded.state, intrusion, 0)).started).toEqual(['securityIncident']);
  });
});

describe('an answer that was refused', () => {
  const highMemory = watch([look([memory(30)]), look([memory(30)])]).state;

  it('blocks nothing; its incident counts as answered until it is over', () => {
    const after = ended(highMemory, refused, answers);
    expect(after).toMatchObject({ blocked: null, open: [] });
    const still = watch([look([memory(30)]), look([memory(30)]), look([memory(30)])], after);
    expect(still.started).toEqual([]);
    const both = look([down(30), memory(30)]);
    expect(watch([both, both], after).started).toEqual(['applicationDown']);
    expect(watch([look([memory(0)]), ...once(memory)], still.state).started).toEqual(['highMemory']);
  });

  it('counts for the loop guard, but does not hold back the answer to an app that is down', () => {
    const first = ended(highMemory, refused, answers);
    const second = watch([look([memory(0)]), ...once(memory)], first).state;
    const frozen = ended(second, { ...refused, run: 'run-1' }, answers);
    const { started, state } = watch([look([memory(0)]), ...once(memory)], frozen);
    expect(started).toEqual([]);
    expect(state.blocked).toMatch(/2 answers were started within 1 h, and memory of app asks for highMemory/);
    const outages = watch([...once(down), ...once(down), ...once(down)], state);
    expect(outages.started).toEqual(['applicationDown', 'applicationDown']);
    expect(outages.state.blocked).toMatch(/and app down asks for applicationDown/);
  });

  it('of an app that is down is no answer to it: it is answered again, up to the limit', () => {
    const lasts = [look([down(30)]), look([down(30)])];
    const refusedOnce = ended(watch(lasts).state, refused, answers);
    const again = watch(lasts, refusedOnce);
    expect(again.started).toEqual(['applicationDown']);
    const refusedTwice = ended(again.state, { ...refused, run: 'run-1' }, answers);
    const guarded = watch(lasts, refusedTwice);
    expect(guarded.started).toEqual([]);
    expect(guarded.state.blocked).toMatch(/2 answers were started within 1 h, and app down asks for/);
  });

  it('counts against an app that is down when it was its own', () => {
    const first = ended(watch(once(down)).state, refused, answers);
    const second = ended(watch(once(down), first).state, { ...refused, run: 'run-1' }, answers);
    expect(watch(once(down), second).started).toEqual([]);
  });
});

/** The state after an answer to high memory that ended so. */
const bad = (outcome: string) =>
  ended(watch([look([memory(30)]), look([memory(30)])]).state, { ...refused, outcome }, answers);

describe('an answer that ended badly', () => {
  it.each([
    'rolled-back',
    'aborted',
    'rejected',
    'expired',
    'attention-needed',
    'needs-operator',
    'contained',
    'terminated',
  ])('%s: blocks others until a person says clear, but not an app that is down', (outcome) => {
    const blocked = bad(outcome);
    expect(blocked.blocked).toBe(`run-0 ended as ${outcome}`);
    expect(watch([...once(rate), ...once(down)], blocked).started).toEqual(['applicationDown']);
    expect(watch(once(rate), cleared(blocked)).started).toEqual(['highErrorRate']);
    expect(watchMarkdown(rules, blocked, '')).toContain(
      'starts nothing but applicationDown and emergencies any more',
    );
  });

  it('of an app that is down: blocks that as well, whatever blocked before', () => {
    const { state } = watch(once(down), bad('expired'));
    const blocked = ended(state, { ...failed, run: 'run-1' }, answers);
    expect(blocked.blocked).toBe('run-0 ended as expired; run-1 ended as needs-operator');
    expect(watch(once(down), blocked).started).toEqual([]);
    expect(watch(once(down), cleared(blocked)).started).toEqual(['applicationDown']);
    expect(watchMarkdown(rules, blocked, '')).toContain('starts nothing but emergencies any more');
  });

  it('as a watch of an earlier version remembers it, blocks an app that is down', () => {
    const earlier = { ...NOTHING_SEEN, blocked: 'run-0 ended as expired' };
    expect(watch(once(down), earlier).started).toEqual([]);
  });

  it('when the loop guard has blocked, an app that is down waits for a person too', () => {
    const guarded = watch([...once(rate), ...once(rate), ...once(rate)]);
    expect(guarded.state.blocked).toMatch(/2 answers were started within 1 h, and error rate asks for/);
    expect(watch(once(down), guarded.state).started).toEqual([]);
    expect(watch(once(down), cleared(guarded.state)).started).toEqual(['applicationDown']);
  });
});

describe('what cannot be measured', () => {
  it('is told once, after so many looks in a row, and anew after it was measured between', () => {
    expect(toldOf([blind(), blind(), blind()])).toEqual(['', 'memory', '']);
    expect(toldOf([blind(), look([]), blind(), blind()])).toEqual(['', '', '', 'memory']);
    expect(toldOf([blind(), { ...blind(), muted: 'a window has the host' }, blind()])).toEqual([
      '',
      '',
      'memory',
    ]);
  });

  it('keeps no other signal from being answered', () => {
    const both = { ...blind(), signals: [down(30)] };
    expect(watch([both, both]).started).toEqual(['applicationDown']);
  });

  it('does not end an incident that was answered, so that it is answered once', () => {
    const high = look([memory(30)]);
    expect(watch([high, high, blind(), high, high, high]).started).toEqual(['highMemory']);
  });
});

it('what no procedure answers is not started, and blocks nothing', () => {
  const { started, state } = watch([look([{ ...down(30), mustLastSeconds: 0, answer: 'unheardOf' }])]);
  expect(started).toEqual([]);
  expect(state.blocked).toBeNull();
});
