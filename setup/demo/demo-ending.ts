import type { DemoRun } from './run-and-approve.ts';
import { type Seen, surprises } from './surprises.ts';

/** A demo that is over. */
export interface EndedDemo {
  readonly procedure: string;
  readonly run: DemoRun;
  readonly seen: Seen;
  /** Path of the report in the checkout; null when there is none. */
  readonly report: string | null;
  /** Whether the release was broken on purpose. */
  readonly breakApp: boolean;
}

/** How a demo ends: what a person reads, the line of JSON, and the exit code, 1 when anything was unexpected. */
export function demoEnding(demo: EndedDemo) {
  const wrong = surprises(demo.seen, demo.breakApp);
  return {
    summary: summary(demo, wrong),
    json: jsonAnswer(demo),
    exitCode: wrong.length === 0 ? 0 : 1,
  };
}

function summary({ run, seen, report }: EndedDemo, wrong: readonly string[]): string {
  const lines = [
    '',
    `Outcome    ${seen.outcome ?? 'none'}: ${run.because}`,
    `Serving    FDTS ${seen.version ?? 'does not answer'}`,
    `Data       ${seen.changed.length === 0 ? 'every row and every upload as before' : `CHANGED: ${seen.changed.join(', ')}`}`,
    `Downtime   ${seen.downtimeSeconds.toFixed(1)} s, measured from outside at the published port`,
    `Report     ${report ?? 'none'}`,
    `In the UI  ${run.ui ?? 'its address is not known (FDTS_OPS_UI_URL)'}`,
    '',
    wrong.length === 0 ? 'As expected.' : `NOT as expected:\n${wrong.map((line) => `  ${line}`).join('\n')}`,
  ];
  return `${lines.join('\n')}\n`;
}

function jsonAnswer({ procedure, run, seen: { outcome, downtimeSeconds }, report }: EndedDemo) {
  const steps = (run.report?.steps ?? []).map(({ id, title, status, startedAt, endedAt }) => ({
    id,
    title,
    status,
    seconds: startedAt === undefined || endedAt === undefined ? null : (endedAt - startedAt) / 1000,
  }));
  return { procedure, runId: run.runId, outcome, downtimeSeconds, steps, report };
}
