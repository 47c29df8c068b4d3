import type { Command } from 'commander';
import type { StepDeclaration } from '../../workflows/contracts/step.ts';
import { whyExempt } from '../../workflows/engine/freeze.ts';
import { exampleInput, inputFields, leaveOutRule } from '../../workflows/engine/input.ts';
import type { Procedure } from '../../workflows/engine/procedure.ts';
import { procedures } from '../../workflows/procedures/index.ts';
import { findProcedure } from '../find-procedure.ts';
import { usualSchedule } from '../schedules/usual-schedule.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

/** `procedures [name]`: what can be started, and what one does step by step. Needs no server. */
export function registerProcedures(program: Command, { answer }: VerbContext): void {
  program
    .command('procedures')
    .description('List the procedures of the runbook, or show the steps, gates, undo and input of one.')
    .argument('[name]', 'a procedure')
    .addOption(jsonOption())
    .action((name: string | undefined, options: JsonOption) => {
      answer(options, name === undefined ? listAnswer() : oneAnswer(findProcedure(name)));
    });
}

function listAnswer(): Answer {
  const listed = procedures.map(described);
  const text = listed.map(({ name, title, section, summary, schedule, changes }) =>
    [
      `${name}: ${title}`,
      `  ${summary}`,
      `  runbook   ${section}`,
      `  schedule  ${schedule}`,
      `  changes   ${changes}`,
    ].join('\n'),
  );
  return {
    json: listed,
    text: `${text.join('\n\n')}\n\nfdts-ops procedures NAME shows the steps and the input of one.`,
  };
}

function oneAnswer(procedure: Procedure): Answer {
  const fields = inputFields(procedure);
  const about = described(procedure);
  const example = exampleInput(fields);
  const steps = Object.entries(procedure.steps).map(([id, step]) => ({ id, ...step }));
  const text = [
    `${about.name}: ${about.title}`,
    about.summary,
    '',
    `Runbook:     ${about.section}`,
    `Schedule:    ${about.schedule}`,
    `Safe state:  ${about.safeState}`,
    ...(about.freeze === null ? [] : [`In a freeze: ${about.freeze}`]),
    '',
    'Steps:',
    ...steps.flatMap(stepText),
    '',
    `Input, ${leaveOutRule(fields)}:`,
    ...Object.entries(fields).map(
      ([name, field]) => `  ${name} (${(field.oneOf ?? [field.type]).join(' | ')}): ${field.describe}`,
    ),
    '',
    `  fdts-ops start ${about.name} --input '${example}'`,
  ].join('\n');
  return { json: { ...about, steps, input: fields, example: JSON.parse(example) }, text };
}

function described(procedure: Procedure) {
  const { type, title, section, summary, mutating, safeState, steps } = procedure;
  const exempt = whyExempt(procedure);
  const changing = Object.values(steps).filter(({ kind }) => kind === 'change').length;
  const gates = Object.values(steps).filter(({ kind }) => kind === 'gate').length;
  const changes = mutating
    ? `the host, in ${changing} steps${gates > 0 ? ', after an approval' : ''}`
    : 'nothing';
  const inFreeze = exempt === null ? 'refused, unless overrideFreeze says why' : `runs, ${exempt}`;
  const freeze = mutating ? inFreeze : null;
  return {
    name: type,
    title,
    section,
    summary,
    schedule: usualSchedule(type) ?? 'none: a person starts it',
    mutating,
    changes,
    safeState,
    freeze,
  };
}

function stepText({ id, kind, title, changes, undo, onFailure }: StepDeclaration & { id: string }): string[] {
  const asks =
    onFailure === undefined
      ? ''
      : `; a failure asks: retry${onFailure === 'ask-or-skip' ? ', skip' : ''} or abort`;
  return [
    `  ${kind.padEnd(6)}  ${id}: ${title}${asks}`,
    ...(changes === undefined ? [] : [`            changes ${changes}`]),
    ...(undo === undefined ? [] : [`            undo    ${undo}`]),
  ];
}
