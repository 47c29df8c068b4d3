import type { StepDeclaration } from '../../workflows/contracts/step.ts';
import { exampleInput, inputFields, leaveOutRule, requiredFields } from '../../workflows/engine/input.ts';
import type { Procedure } from '../../workflows/engine/procedure.ts';
import { usualSchedule } from '../schedules/usual-schedule.ts';
import { proofsOf } from './proofs.ts';
import { settingValues } from './setting-values.ts';

/** What a runbook is made for. */
export interface RunbookOptions {
  /** Text that stands at the top, below the title. */
  readonly intro: readonly string[];
  /** The host's file as it was read; without one its defaults are printed. */
  readonly config?: unknown;
  /** Where the tests lie as seen from the page; null leaves them out. */
  readonly tests: string | null;
}

/**
 * The runbook as fdts-ops runs it, from the declarations: every procedure with its steps, gates, undo, safe state and
 * thresholds. Markdown. Pure.
 */
export function runbookPage(procedures: readonly Procedure[], options: RunbookOptions): string {
  const parts = [
    '# Runbook',
    ...options.intro,
    overview(procedures, options),
    ...procedures.flatMap((procedure) => chapter(procedure, options)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function overview(procedures: readonly Procedure[], { tests }: RunbookOptions): string {
  return table(
    [
      'Procedure',
      'What it is for',
      'Section of the paper runbook',
      'Starts',
      ...(tests === null ? [] : ['Shown by']),
    ],
    procedures.map(({ type, title, section }) => [
      `[\`${type}\`](#${type.toLowerCase()})`,
      title,
      section,
      usualSchedule(type) ?? 'when a person starts it',
      ...(tests === null
        ? []
        : [
            proofsOf(type)
              .map((file) => testLink(tests, file))
              .join(', '),
          ]),
    ]),
  );
}

function testLink(tests: string, file: string): string {
  return `[${file.replace(/^.*\//, '')}](${tests}/${file})`;
}

function chapter(procedure: Procedure, { config }: RunbookOptions): string[] {
  const { type, title, section, summary, safeState, mutating, steps, settings = [] } = procedure;
  const fields = inputFields(procedure);
  return [
    `## ${type}`,
    `**${title}.** ${summary}`,
    [
      `- Paper runbook: ${section}`,
      `- Starts: ${usualSchedule(type) ?? 'when a person starts it'}`,
      `- Changes the host: ${mutating ? 'yes, and takes its hold' : 'no'}`,
      `- When nobody answers: ${safeState}`,
      `- Input, ${requiredFields(fields).length === 0 ? 'all of it optional' : leaveOutRule(fields)}: ${Object.entries(
        fields,
      )
        .map(([name, field]) => `\`${name}\` (${field.describe})`)
        .join('; ')}`,
      `- Example: \`${exampleInput(fields)}\``,
    ].join('\n'),
    stepTable(steps),
    ...settingTable(settings, config),
  ];
}

function stepTable(steps: Procedure['steps']): string {
  return table(
    [
      'Step',
      'Kind',
      'What it does',
      'On paper',
      'What it changes',
      'Taken back by',
      'When it fails for good',
    ],
    Object.entries(steps).map(([id, step]) => [
      `\`${id}\``,
      step.kind,
      step.title,
      step.paper ?? 'not there',
      step.changes ?? '',
      step.undo ?? '',
      onFailure(step),
    ]),
  );
}

function onFailure({ kind, onFailure: policy }: StepDeclaration): string {
  if (kind === 'gate') return 'silence: what *When nobody answers* says above';
  if (policy === 'ask') return 'asks: `retry` or `abort`';
  if (policy === 'ask-or-skip') return 'asks: `retry`, `skip` or `abort`';
  return kind === 'check' ? '' : 'takes back what was changed';
}

function settingTable(paths: readonly string[], config: unknown): string[] {
  if (paths.length === 0) return [];
  const head = config === undefined ? 'Default' : 'On this host';
  const rows = settingValues(paths, config).map(({ path, meaning, value }) => [
    `\`${path}\``,
    value === undefined ? 'none' : `\`${JSON.stringify(value)}\``,
    meaning,
  ]);
  return ['What it goes by:', table(['Setting', head, 'Meaning'], rows)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableRow(head), `|${'---|'.repeat(head.length)}`, ...rows.map(tableRow)].join('\n');
}

function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}
