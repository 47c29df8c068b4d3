import { describe, expect, it } from 'vitest';
import type { StepStatus } from '../../../workflows/contracts/step.ts';
import { secondsOfWork, secondsToSpare, whyNoTime } from '../../../workflows/engine/window-guard.ts';

const closesAt = Date.parse('2026-12-06T03:00:00Z');
const guard = {
  closesAt,
  last: 'cut-over',
  expected: { backup: 30, stop: 10, install: 60, 'cut-over': 5, watch: 600 },
  rollbackSeconds: 100,
};
const steps = (states: Readonly<Record<string, StepStatus>> = {}) =>
  ['backup', 'stop', 'gate', 'install', 'cut-over', 'watch'].map((id) => ({
    id,
    status: states[id] ?? ('pending' as const),
  }));
const before = (seconds: number) => closesAt - seconds * 1000;

describe('the window guard', () => {
  it('counts what is left up to the cut-over, the step itself included; not what is over, left out or later', () => {
    expect(secondsOfWork(guard, steps(), 'backup')).toBe(105);
    expect(secondsOfWork(guard, steps({ install: 'skipped' }), 'stop')).toBe(15);
    expect(secondsOfWork(guard, steps({ backup: 'done', stop: 'running' }), 'stop')).toBe(75);
    expect(secondsOfWork(guard, steps(), 'cut-over')).toBe(5);
  });

  it('lets a step begin while it, what follows and a rollback fit, to the second', () => {
    expect(whyNoTime(guard, steps(), 'backup', before(205))).toBeNull();
    expect(whyNoTime(guard, steps(), 'backup', before(204))).toBe(
      '204 s of the window are left (until 2026-12-06T03:00:00.000Z), the work up to the cut-over is expected to take 105 s and a rollback 100 s',
    );
    expect(whyNoTime(guard, steps(), 'cut-over', before(104))).toContain('take 5 s and a rollback 100 s');
  });

  it('never lets one begin once the window is over', () => {
    expect(whyNoTime({ ...guard, rollbackSeconds: 0, expected: {} }, steps(), 'stop', before(-1))).toContain(
      '0 s of the window are left',
    );
  });

  it('says how long a person may take', () => {
    expect(secondsToSpare(guard, steps({ backup: 'done', stop: 'done' }), 'gate', before(1000))).toBe(835);
  });
});
