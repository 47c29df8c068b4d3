import type { StepDeclaration } from '../../workflows/contracts/step.ts';
import { exampleInput, inputFields, leaveOutRule, requiredFields } from '../../workflows/engine/input.ts';
import type { Procedure } from '../../workflows/engine/procedure.ts';
import { usualSchedule } from '../schedules/usual-schedule.ts';
import { errataOf } from './errata/index.ts';
import { markdownTable } from './markdown-table.ts';
import { byFile, type Proof } from './proof.ts';
import { proofsOf } from './proofs/index.ts';
import { settingValues } from './setting-values.ts';

/** What a runbook is made for. */
export interface RunbookOptions {
  /** Text that stands at the top, below the title. */
  readonly intro: readonly string[];
  /** The host's file as it was read; without one its defaults are printed. */
  readonly config?: unknown;
  /** Whether it lies in docs, and can lead to the tests and to the errata; else it stands alone and has the errata itself. */
  readonly inDocs: boolean;
}

/**
 * The runbook as fdts-ops runs it, from the declarations: every procedure with its steps, gates, undo, safe state and
 * thresholds, and what differs from the paper. Markdown. Pure.
 */
export function runbookPage(procedures: readonly Procedure[], options: RunbookOptions): string {
  const parts = [
    '# Runbook',
    ...options.intro,
    overview(procedures, options),
    ...procedures.flatMap((procedure) => chapter(procedure, options)),
    ...(options.inDocs ? [] : errataChapter(procedures)),
  ];
  return `${parts.join('\n\n')}\n`;
}

function overview(procedures: readonly Procedure[], { inDocs }: RunbookOptions): string {
  return markdownTable(
    [
      'Procedure',
      'Section of the paper runbook',
      'What it does beyond the paper',
      'Starts',
      ...(inDocs ? ['Shown by'] : []),
    ],
    procedures.map(({ type, section, beyond }) => [
      `[\`${type}\`](#${type.toLowerCase()})`,
      section,
      beyond,
      usualSchedule(type) ?? 'when a person starts it',
      ...(inDocs ? [[...byFile(proofsOf(type)).keys()].map(testLink).join(', ')] : []),
    ]),
  );
}

/** As seen from docs. */
function testLink(file: string): string {
  return `[${file.replace('test/', '').replace('.test.ts', '')}](../${file})`;
}

function chapter(procedure: Procedure, { config, inDocs }: RunbookOptions): string[] {
  const { type, title, section, summary, beyond, safeState, mutating, steps, settings } = procedure;
  const fields = inputFields(procedure);
  const rows = errataOf([type]).map(({ number }) => number);
  const where = inDocs ? '[the errata](errata.md)' : 'the errata at the end';
  return [
    `## ${type}`,
    `**${title}.** ${summary}`,
    [
      `- Paper runbook: ${section}`,
      `- Beyond the paper: ${beyond}`,
      ...(rows.length === 0
        ? []
        : [
            `- Where the paper's commands fail, and what is done instead: row${rows.length === 1 ? '' : 's'} ${rows.join(', ')} of ${where}`,
          ]),
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
    ...settingTable([...scheduleSettings(type), ...settings], config),
    ...(inDocs ? ['Shown by:', proofList(proofsOf(type))] : []),
  ];
}

function stepTable(steps: Procedure['steps']): string {
  return markdownTable(
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
  return kind === 'check' ? '' : 'takes back what *Taken back by* says, as far as that goes';
}

/** When it starts by itself, where it does. */
function scheduleSettings(type: string): string[] {
  return usualSchedule(type) === null ? [] : [`schedules.${type}.calendar`, `schedules.${type}.at`];
}

function settingTable(paths: readonly string[], config: unknown): string[] {
  const head = config === undefined ? 'Default' : 'On this host';
  const rows = settingValues([...new Set(paths)], config).map(({ path, meaning, value }) => [
    `\`${path}\``,
    value === undefined ? 'none' : `\`${JSON.stringify(value)}\``,
    meaning,
  ]);
  return ['What it goes by:', markdownTable(['Setting', head, 'Meaning'], rows)];
}

function proofList(proofs: readonly Proof[]): string {
  return [...byFile(proofs)]
    .map(([file, titles]) => `- ${testLink(file)}: ${titles.map((title) => `*${title}*`).join('; ')}`)
    .join('\n');
}

function errataChapter(procedures: readonly Procedure[]): string[] {
  const rows = errataOf(procedures.map(({ type }) => type));
  if (rows.length === 0) return [];
  return [
    '## Errata',
    "What the paper runbook's own commands do when they are run as they stand, and what fdts-ops does instead; docs/errata.md names the tests that show it.",
    markdownTable(
      ['Row', 'Section', 'Command on paper', 'What really happens', 'What fdts-ops does instead, and why'],
      rows.map(({ number, section, command, happens, instead }) => [
        `${number}`,
        section,
        command,
        happens,
        instead,
      ]),
    ),
  ];
}
