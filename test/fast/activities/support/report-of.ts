import type { RunReport } from '../../../../workflows/contracts/report.ts';

/** The report of a window that began then. */
export function reportOf(stamp: string, more: Partial<RunReport> = {}): RunReport {
  const time = Date.parse('2026-05-25T02:00:00Z');
  return {
    procedure: 'plannedMaintenance',
    title: 'Planned maintenance window',
    host: 'web-1',
    workflowId: 'w',
    runId: 'r',
    stamp,
    dryRun: false,
    outcome: 'completed',
    because: '',
    startedAt: time,
    endedAt: time,
    steps: [],
    downtimeSeconds: null,
    checks: [],
    decisions: [],
    sections: [],
    commandsLeft: [],
    path: null,
    ...more,
  };
}
