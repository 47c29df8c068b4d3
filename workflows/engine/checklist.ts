import type { OpenGate, Progress } from '../contracts/report.ts';
import type { StepRecord, StepStatus } from '../contracts/step.ts';
import { DETAILS, type Detail } from './checklist-details.ts';
import { clip } from './clip.ts';
import { deadlineText } from './deadline.ts';
import { LOOK_AT_WORKER, tellAbsence } from './tell-absence.ts';

/** Content travels to the UI in a URL: longer details break behind proxies with 8 KB of header. */
const MAX_BYTES = 2900;

const MARK: Readonly<Record<StepStatus, string>> = {
  pending: '▫️',
  running: '▶️',
  waiting: '✋',
  done: '✅',
  failed: '❌',
  skipped: '➖',
  undoing: '↩️',
  undone: '↩️',
  'undo-failed': '❗',
};

/** The live checklist in the UI's current details: Markdown lists, under 3 KB whatever the texts are. */
export function checklistMarkdown(progress: Progress, now: number): string {
  for (const detail of DETAILS) {
    const lines = render(progress, now, detail);
    if (byteLength(lines.join('\n')) <= MAX_BYTES) return lines.join('\n');
    if (detail === DETAILS.at(-1)) return fitting(lines).join('\n');
  }
  return '';
}

function render(progress: Progress, now: number, detail: Detail): string[] {
  const done = progress.steps.filter((step) => step.status === 'done');
  const pending = progress.steps.filter((step) => step.status === 'pending');
  const skipped = progress.steps.filter((step) => step.status === 'skipped');
  const hidden = new Set([
    ...(detail.doneSteps ? [] : done),
    ...(detail.skippedSteps ? [] : skipped),
    ...(progress.outcome === null ? pending.slice(detail.pendingSteps) : []),
  ]);
  const later = pending.filter((step) => hidden.has(step)).length;
  return [
    `### ${clip(progress.title, 100)}${progress.dryRun ? ' (dry run: nothing is changed)' : ''}`,
    `Host **${clip(progress.host ?? 'not known yet', 80)}**`,
    ...(progress.outcome === null
      ? []
      : [
          '',
          `**Outcome: ${progress.outcome}**. ${clip(progress.because ?? '', detail.text)}`,
          '',
          'The report: `fdts-ops report` with the id of this run; unless it closed as Canceled also *History*, last event.',
        ]),
    ...(progress.absence == null
      ? []
      : [
          '',
          `**⏳ The run ${clip(tellAbsence(progress.absence), 160)}.** On the host: \`${LOOK_AT_WORKER}\``,
        ]),
    // A line of text keeps the two lists apart: Markdown would make them one.
    ...(progress.gate === null
      ? []
      : [...gateLines(progress.gate, progress.timezone, detail), '', '**Steps**']),
    '',
    ...(detail.doneSteps || done.length === 0 ? [] : [`- ✅ ${done.length} steps done`]),
    ...progress.steps
      .filter((step) => !hidden.has(step))
      .map((step) => (isOnlyListed(step, progress) ? listedLine(step) : stepLine(step, now, detail))),
    ...(detail.skippedSteps || skipped.length === 0
      ? []
      : [`- ➖ ${skipped.length} steps were not needed: the report says why`]),
    ...(later === 0 ? [] : [`- ▫️ ${later} steps later`]),
  ];
}

function gateLines(gate: OpenGate, timezone: string | undefined, detail: Detail): string[] {
  const plan = gate.plan.map(({ title, lines }) => {
    const shown = lines.slice(0, detail.planLines).map((line) => clip(line, detail.planLine));
    const more = lines.length > shown.length ? [`… ${lines.length - shown.length} more`] : [];
    return `- **${clip(title, 60)}**: ${[...shown, ...more].join('; ')}`;
  });
  return [
    '',
    `**✋ Waits for a person until ${deadlineText(gate.until, timezone)}.** ${clip(gate.question, detail.text)}`,
    '',
    `- To answer: *More Actions → Send a Signal* → ${answersOf(gate)}. Plan code \`${gate.planCode}\``,
    ...(gate.unheard === undefined ? [] : [`- ⚠️ **Did not count**: ${clip(gate.unheard, detail.text)}`]),
    ...plan,
    // A line that is cut may hide what matters, as lines that are left out do.
    ...(plan.some((line) => line.includes('…'))
      ? ['- The whole plan: `fdts-ops watch RUN | cat`, with the id of this run as RUN']
      : []),
  ];
}

function answersOf({ answers, needsPlanCode, planCode }: OpenGate): string {
  if (needsPlanCode !== true)
    return `${answers.map((answer) => `\`${answer}\``).join(' or ')}, no input needed`;
  return answers
    .map((answer) =>
      answer === 'approve' ? `\`approve\` with the input \`{"plan":"${planCode}"}\`` : `\`${answer}\``,
    )
    .join(' or ');
}

/** In a dry run a change that is done was not made: it must not look like one that was. */
function isOnlyListed({ kind, status }: StepRecord, { dryRun }: Progress): boolean {
  return dryRun && kind === 'change' && status === 'done';
}

function listedLine({ title, commands = [] }: StepRecord): string {
  return `- 📝 ${clip(title, 120)} (only listed: ${commands.length} commands)`;
}

function stepLine(step: StepRecord, now: number, detail: Detail): string {
  const seconds = step.startedAt === undefined ? null : ((step.endedAt ?? now) - step.startedAt) / 1000;
  const duration = seconds === null ? '' : ` · ${formatSeconds(seconds)}`;
  const attempts = (step.attempts ?? 1) > 1 ? ` · attempt ${step.attempts}` : '';
  const note = step.note !== undefined && step.status !== 'done' ? `: ${clip(step.note, detail.note)}` : '';
  const word =
    step.status === 'done' || step.status === 'pending' ? '' : ` (${step.status.replace('-', ' ')})`;
  const progress = step.progress === undefined ? '' : ` · ${clip(step.progress, detail.note)}`;
  return `- ${MARK[step.status]} ${clip(step.title, 120)}${word}${duration}${progress}${attempts}${note}`;
}

const CUT = '- … the rest is in the report, and in the query `progress`';

// What matters comes first, so whole lines are left out at the end.
function fitting(lines: readonly string[]): string[] {
  const fitted: string[] = [];
  let bytes = byteLength(CUT);
  for (const line of lines) {
    bytes += byteLength(line) + 1;
    if (bytes > MAX_BYTES) return [...fitted, CUT];
    fitted.push(line);
  }
  return fitted;
}

/** Seconds as a person reads them: `0.4 s`, `12 s`, `3 min 05 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** A longer time, as a person says it: `40 min`, `24 h`. */
export function formatHours(seconds: number): string {
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
