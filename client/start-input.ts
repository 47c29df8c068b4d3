import { isRecord } from '../config/is-record.ts';
import { exampleInput, inputFields, inputProblems, leaveOutRule } from '../workflows/engine/input.ts';
import type { Procedure } from '../workflows/engine/procedure.ts';
import { CliError } from './cli-error.ts';

/** What the command line gives for the input of a run. */
export interface GivenInput {
  readonly input?: string;
  readonly host?: string;
  readonly dryRun?: true;
}

/** The input of a run. Throws CliError (exit code 2), with a correct example, before anything is started. */
export function startInput(
  procedure: Procedure,
  { input: json, host, dryRun }: GivenInput,
): Record<string, unknown> {
  const fields = inputFields(procedure);
  const refuse = (problem: string) =>
    new CliError('usage', {
      code: 'BAD_INPUT',
      message: `${procedure.type} was not started: ${problem}`,
      hint: `A correct input is '${exampleInput(fields)}'; ${leaveOutRule(fields)}.`,
    });
  const given = json === undefined ? {} : parse(json, refuse);
  const problems = inputProblems(given, fields);
  if (problems.length > 0 || !isRecord(given))
    throw refuse(problems.join('; ') || `input: got ${json}, expected one JSON object`);
  if (host !== undefined && given['host'] !== undefined && given['host'] !== host) {
    throw refuse(`--host says ${host}, the input says ${JSON.stringify(given['host'])}`);
  }
  if (dryRun === true && given['dryRun'] === false)
    throw refuse('--dry-run was given, the input says "dryRun": false');
  const merged = {
    ...given,
    ...(host === undefined ? {} : { host }),
    ...(dryRun === true ? { dryRun } : {}),
  };
  const left = inputProblems(merged, fields);
  if (left.length > 0) throw refuse(left.join('; '));
  return merged;
}

function parse(json: string, refuse: (problem: string) => CliError): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw refuse(
      `input: got ${JSON.stringify(json)}, expected JSON (${error instanceof Error ? error.message : String(error)})`,
    );
  }
}
