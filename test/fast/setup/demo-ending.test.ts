import { describe, expect, it } from 'vitest';
import { demoEnding, type EndedDemo } from '../../../setup/demo/demo-ending.ts';

const seen = { outcome: 'completed', version: '1.1.0', changed: [], downtimeSeconds: 4.25 } as const;
const step = { id: 'stop-services', title: 'Stop services', kind: 'change', status: 'done' } as const;
const steps = [
  { ...step, startedAt: 1_000, endedAt: 3_500 },
  { ...step, id: 'rehearse', title: 'Rehearse', status: 'skipped' },
] as const;

describe('the end of a demo', () => {
  it('is a success when a good release completed and users find everything as before', () => {
    const { exitCode, summary } = demoEnding(demo());
    expect(exitCode).toBe(0);
    expect(summary).toMatch(/Downtime +4\.3 s[^]*\nAs expected\.\n$/);
  });

  it('is a success when a broken release was taken back', () => {
    const back = { ...seen, outcome: 'rolled-back', version: '1.0.0' } as const;
    expect(demoEnding(demo({ seen: back, breakApp: true })).exitCode).toBe(0);
  });

  it.each<[string, Partial<EndedDemo>, string]>([
    [
      'another outcome',
      { seen: { ...seen, outcome: 'needs-operator' } },
      'outcome: got needs-operator, expected completed',
    ],
    ['no outcome at all', { seen: { ...seen, outcome: null } }, 'outcome: got null, expected completed'],
    ['another version', { seen: { ...seen, version: '1.0.0' } }, 'version: got 1.0.0, expected 1.1.0'],
    [
      'an app that does not answer',
      { seen: { ...seen, version: null } },
      'version: got null, expected 1.1.0',
    ],
    ['data that changed', { seen: { ...seen, changed: ['uploads'] } }, 'data: uploads, expected as before'],
    ['a broken release that completed', { breakApp: true }, 'outcome: got completed, expected rolled-back'],
  ])('is a failure with %s, and says so', (_, what, said) => {
    const { exitCode, summary } = demoEnding(demo(what));
    expect(exitCode).toBe(1);
    expect(summary).toContain('NOT as expected:\n');
    expect(summary).toContain(`  ${said}\n`);
  });

  it('is one line of JSON with these six keys', () => {
    expect(demoEnding(demo()).json).toEqual({
      procedure: 'plannedMaintenance',
      runId: 'run-1',
      outcome: 'completed',
      downtimeSeconds: 4.25,
      steps: [
        { id: 'stop-services', title: 'Stop services', status: 'done', seconds: 2.5 },
        { id: 'rehearse', title: 'Rehearse', status: 'skipped', seconds: null },
      ],
      report: '/checkout/report.md',
    });
  });
});

function demo(what: Partial<EndedDemo> = {}): EndedDemo {
  return {
    procedure: 'plannedMaintenance',
    run: {
      workflowId: 'w',
      runId: 'run-1',
      ui: null,
      outcome: 'completed',
      because: 'everything was done and verified',
      exitCode: 0,
      report: {
        procedure: 'plannedMaintenance',
        title: 'Planned maintenance',
        host: 'sandbox',
        workflowId: 'w',
        runId: 'run-1',
        stamp: '20260101_000000',
        dryRun: false,
        outcome: 'completed',
        because: 'everything was done and verified',
        startedAt: 0,
        endedAt: 9_000,
        steps,
        downtimeSeconds: 4,
        checks: [],
        decisions: [],
        sections: [],
        commandsLeft: [],
        path: null,
      },
    },
    seen,
    report: '/checkout/report.md',
    breakApp: false,
    ...what,
  };
}
