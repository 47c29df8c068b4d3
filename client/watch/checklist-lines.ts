import type { Absence } from '../../workflows/contracts/absence.ts';
import type { OpenGate, Progress } from '../../workflows/contracts/report.ts';
import type { StepRecord, StepStatus } from '../../workflows/contracts/step.ts';
import { formatSeconds } from '../../workflows/engine/checklist.ts';
import { deadlineText } from '../../workflows/engine/deadline.ts';
import { LOOK_AT_WORKER, tellAbsence } from '../../workflows/engine/tell-absence.ts';

const MARK: Readonly<Record<StepStatus, string>> = {
  pending: '·',
  running: '▶',
  waiting: '?',
  done: '✔',
  failed: '✘',
  skipped: '-',
  undoing: '↩',
  undone: '↩',
  'undo-failed': '!',
};

/**
 * The checklist for a screen of so many rows: where it is too long, what is done and what comes later is counted only,
 * and the end, where the gate is, stays in view. Pure; `now` in milliseconds since the epoch.
 */
export function checklistLines(progress: Progress, run: string, now: number, rows: number): string[] {
  const dryRun = progress.dryRun ? ' (dry run: nothing is changed)' : '';
  const head = `${progress.title} on ${progress.host ?? '(host not known yet)'}${dryRun}`;
  const gate = [
    ...(progress.absence == null ? [] : absenceLines(progress.absence)),
    ...(progress.gate === null ? [] : gateLines(progress.gate, progress.timezone, run)),
  ];
  const all = [head, ...progress.steps.map((step) => `  ${stepLine(step, now)}`), ...gate];
  if (all.length <= rows) return all;
  const short = [head, ...shortSteps(progress.steps, now).map((line) => `  ${line}`), ...gate];
  return short.length <= rows ? short : [head, ...short.slice(1 - rows)];
}

/** Finished steps and those that come later as two counts. */
function shortSteps(steps: readonly StepRecord[], now: number): string[] {
  const finished = steps.filter(({ status }) => status === 'done' || status === 'skipped').length;
  const later = steps.filter(({ status }) => status === 'pending');
  const current = steps.filter(
    ({ status }) => status !== 'done' && status !== 'skipped' && status !== 'pending',
  );
  return [
    ...(finished > 0 ? [`${MARK.done} ${finished} steps done or skipped`] : []),
    ...current.map((step) => stepLine(step, now)),
    ...(later[0] === undefined ? [] : [`${MARK.pending} ${later.length} more, next: ${later[0].title}`]),
  ];
}

/** One step: mark, title, state where the mark does not say it, duration, attempts, note. */
export function stepLine(step: StepRecord, now: number): string {
  const says =
    step.status === 'done' || step.status === 'pending' ? '' : ` (${step.status.replace('-', ' ')})`;
  const took =
    step.startedAt === undefined ? '' : `  ${formatSeconds(((step.endedAt ?? now) - step.startedAt) / 1000)}`;
  const attempts = (step.attempts ?? 1) > 1 ? `  attempt ${step.attempts}` : '';
  const progress = step.progress === undefined ? '' : `  ${step.progress}`;
  const note = step.note === undefined ? '' : `  ${step.note}`;
  return `${MARK[step.status]} ${step.title}${says}${took}${progress}${attempts}${note}`;
}

/** The host's worker is away: since when, and where to look. */
export function absenceLines(absence: Absence): string[] {
  return ['', `THE RUN ${tellAbsence(absence)}`, `  On the host: ${LOOK_AT_WORKER}`, ''];
}

/** The open gate: the question, the plan, until when, and how to answer. */
export function gateLines(gate: OpenGate, timezone: string | undefined, run: string): string[] {
  return [
    '',
    `WAITS FOR A PERSON until ${deadlineText(gate.until, timezone)}: ${gate.question}`,
    ...gate.plan.flatMap(({ title, lines }) => [`  ${title}:`, ...lines.map((line) => `    ${line}`)]),
    ...(gate.unheard === undefined ? [] : [`  DID NOT COUNT: ${gate.unheard}`]),
    `  To answer (plan code ${gate.planCode}):`,
    ...gate.answers.map(
      (answer) => `    fdts-ops ${answer} ${run}${answer === 'approve' ? ` --plan ${gate.planCode}` : ''}`,
    ),
    '',
  ];
}
