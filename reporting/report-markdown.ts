import { meaningOf } from '../workflows/contracts/outcome.ts';
import type { RunReport } from '../workflows/contracts/report.ts';
import type { StepRecord } from '../workflows/contracts/step.ts';

/** A report as a person reads it. Pure: the same report gives the same text. */
export function reportMarkdown(report: RunReport): string {
  return `${[
    `# ${report.title} on ${report.host}: ${report.outcome}`,
    '',
    `**${report.outcome}**: ${meaningOf(report.outcome, report.dryRun)}.`,
    '',
    `**Why**: ${report.because}`,
    '',
    `- Run: \`${report.workflowId}\` (${report.runId})${report.dryRun ? ', dry run: nothing was changed' : ''}`,
    `- From ${time(report.startedAt)} to ${time(report.endedAt)} (${seconds(report.startedAt, report.endedAt)})`,
    ...block('Commands left, in this order', report.commandsLeft),
    ...list(
      'Decisions',
      report.decisions.map(
        (one) =>
          `${time(one.at)} ${one.what} at "${one.gate}" by ${one.by} (${one.identity})${one.reason === undefined ? '' : `: ${one.reason}`}`,
      ),
    ),
    ...list(
      'Checks',
      report.checks.map(
        (check) =>
          `${check.status}: ${check.name}: got ${check.got}, expected ${check.expected}${check.status === 'fail' && check.answer !== undefined ? `; answer: ${check.answer}` : ''}`,
      ),
    ),
    ...report.sections.flatMap((section) => list(section.title, section.lines)),
    '',
    '## Steps',
    '',
    ...report.steps.flatMap(step),
  ].join('\n')}\n`;
}

function step(record: StepRecord): string[] {
  const took =
    record.startedAt === undefined || record.endedAt === undefined
      ? ''
      : ` (${seconds(record.startedAt, record.endedAt)})`;
  const when = record.startedAt === undefined ? '' : ` ${time(record.startedAt)}`;
  const attempts = (record.attempts ?? 1) > 1 ? `, ${record.attempts} attempts` : '';
  const note = record.note === undefined ? '' : `: ${record.note}`;
  return [
    `- ${record.status}: **${record.title}** \`${record.id}\`${when}${took}${attempts}${note}`,
    ...(record.commands ?? []).map((command) => `  - \`${command}\``),
  ];
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', ...lines.map((line) => `- ${line}`)];
}

function block(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `## ${title}`, '', '```sh', ...lines, '```'];
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').slice(0, 19);
}

function seconds(from: number, to: number): string {
  return `${((to - from) / 1000).toFixed(1)} s`;
}
