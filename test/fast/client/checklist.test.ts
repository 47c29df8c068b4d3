import { describe, expect, it } from 'vitest';
import { checklistView } from '../../../client/watch/checklist-view.ts';
import type { Progress } from '../../../workflows/contracts/report.ts';
import type { StepRecord } from '../../../workflows/contracts/step.ts';

const step = (id: number, status: StepRecord['status']): StepRecord => ({
  id: `s${id}`,
  kind: 'change',
  title: `Step ${id}`,
  status,
  startedAt: 0,
  endedAt: 1000,
});

function progress(done: number, gate: boolean): Progress {
  return {
    procedure: 'plannedMaintenance',
    title: 'Window',
    host: 'web-1',
    dryRun: false,
    startedAt: 0,
    steps: Array.from({ length: 30 }, (_, index) =>
      step(index, index < done ? 'done' : index === done ? 'running' : 'pending'),
    ),
    gate: gate
      ? {
          step: 's3',
          question: 'Go on?',
          planCode: 'ABC',
          plan: [{ title: 'Packages', lines: ['a 1 → 2'] }],
          until: 0,
          answers: ['approve', 'abort'],
        }
      : null,
    absence: null,
    outcome: null,
    because: null,
  };
}

function screen(rows: number) {
  const frames: string[] = [];
  const view = checklistView(
    {
      out: (text) => void frames.push(text),
      err: () => undefined,
      isScreen: true,
      screenSize: () => ({ columns: 80, rows }),
      environment: {},
    },
    'run-1',
    false,
  );
  return { view, frames };
}

function lines() {
  let out = '';
  const view = checklistView(
    {
      out: (text) => {
        out += text;
      },
      err: () => undefined,
      isScreen: false,
      screenSize: () => ({ columns: 80, rows: 24 }),
      environment: {},
    },
    'run-1',
    false,
  );
  return { view, told: () => out };
}

describe('the live checklist on a screen', () => {
  it('is drawn over itself', () => {
    const { view, frames } = screen(50);
    view.show(progress(3, false));
    view.show(progress(4, false));
    expect(frames[0]?.split('\n')).toHaveLength(32);
    expect(frames[1]?.startsWith('\u001B[31A\u001B[0JWindow on web-1\n')).toBe(true);
    expect(frames[1]).toContain('▶ Step 4 (running)');
  });

  it('fits a small screen, with the gate and how to answer it in view', () => {
    const { view, frames } = screen(14);
    view.show(progress(3, true));
    const lines = (frames[0] ?? '').trimEnd().split('\n');
    expect(lines.length).toBeLessThan(14);
    expect(frames[0]).toContain('✔ 3 steps done or skipped');
    expect(frames[0]).toContain('26 more, next: Step 4');
    expect(frames[0]).toContain('fdts-ops approve run-1 --plan ABC');
  });

  it('keeps a worker that is away in view', () => {
    const { view, frames } = screen(14);
    view.show({ ...progress(3, false), absence: { host: 'web-1', since: Date.UTC(2026, 0, 4, 2, 14) } });
    expect(frames[0]).toContain('THE RUN waits for the worker of web-1 since 2026-01-04 02:14 UTC');
    expect(frames[0]).toContain('systemctl status fdts-ops-host');
  });

  it('tells a worker that is away once for each absence, where nothing can be drawn', () => {
    const { view, told } = lines();
    const since = Date.UTC(2026, 0, 4, 2, 14);
    view.show({ ...progress(3, false), absence: { host: 'web-1', since } });
    view.show({ ...progress(3, false), absence: { host: 'web-1', since } });
    view.show(progress(3, false));
    expect(told().match(/THE RUN waits/g)).toHaveLength(1);
    view.show({ ...progress(3, false), absence: { host: 'web-1', since: since + 60_000 } });
    expect(told().match(/THE RUN waits/g)).toHaveLength(2);
  });

  it('tells a gate that opens again with another plan again, where nothing can be drawn', () => {
    const { view, told } = lines();
    const first = progress(3, true);
    view.show(first);
    view.show(first);
    expect(told().match(/WAITS FOR A PERSON/g)).toHaveLength(1);
    view.show({ ...first, gate: first.gate === null ? null : { ...first.gate, planCode: 'NEW' } });
    expect(told().match(/WAITS FOR A PERSON/g)).toHaveLength(2);
  });
});
