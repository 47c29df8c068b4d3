import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Command } from 'commander';
import { fdtsHost, fdtsProcedure } from '../../workflows/contracts/search-attributes.ts';
import { CONTROL_TASK_QUEUE } from '../../workflows/contracts/task-queues.ts';
import type { Procedure } from '../../workflows/engine/procedure.ts';
import { CliError } from '../cli-error.ts';
import { findProcedure } from '../find-procedure.ts';
import { type Server, withServer } from '../server/connect.ts';
import { type GivenInput, startInput } from '../start-input.ts';
import { staticDetails } from '../static-details.ts';
import { type JsonOption, jsonOption, type VerbContext } from '../verb.ts';
import { watchRun } from '../watch/watch-run.ts';

interface StartOptions extends JsonOption, GivenInput {
  readonly id?: string;
  readonly watch?: true;
}

/** `start <procedure>`: starts a run; without an input it asks nothing and uses the defaults. */
export function registerStart(program: Command, { terminal, answer }: VerbContext): void {
  program
    .command('start')
    .description('Start a procedure. Gates wait for a person: nothing given here skips one.')
    .argument('<procedure>', 'its name, from "procedures"')
    .option('--host <name>', 'the host; not needed when only one is known')
    .option('--input <json>', 'the input, one JSON object; "procedures NAME" shows its fields')
    .option('--dry-run', 'list every change with its resolved arguments, make none')
    .option('--id <id>', 'the id of the run, instead of one made from procedure, host and time')
    .option('--watch', 'go on as "watch" does')
    .addOption(jsonOption())
    .action(async (name: string, options: StartOptions) => {
      const procedure = findProcedure(name);
      const input = startInput(procedure, options);
      await withServer(terminal, async (server) => {
        const run = await start(server, procedure, input, options.id);
        if (options.watch !== true) return answer(options, { json: run, text: startedText(run) });
        (options.json === true ? terminal.err : terminal.out)(`${startedText(run)}\n\n`);
        const handle = server.client.workflow.getHandle(run.workflowId, run.runId);
        answer(options, await watchRun(terminal, server, { handle, described: run }, options));
      });
    });
}

interface StartedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly procedure: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly ui: string | null;
  /** What a person does next. */
  readonly next: readonly string[];
}

async function start(
  { client, ui }: Server,
  procedure: Procedure,
  input: Record<string, unknown>,
  id?: string,
): Promise<StartedRun> {
  const host = typeof input['host'] === 'string' ? input['host'] : null;
  const workflowId = id ?? `${procedure.type}-${host ?? 'any'}-${stamp(new Date())}`;
  try {
    const { firstExecutionRunId: runId } = await client.workflow.start(procedure.type, {
      workflowId,
      taskQueue: CONTROL_TASK_QUEUE,
      args: Object.keys(input).length === 0 ? [] : [input],
      staticSummary: `${procedure.title}${host === null ? '' : ` on ${host}`}${input['dryRun'] === true ? ' (dry run)' : ''}`,
      staticDetails: staticDetails(procedure),
      typedSearchAttributes: [
        { key: fdtsProcedure, value: procedure.type },
        ...(host === null ? [] : [{ key: fdtsHost, value: host }]),
      ],
    });
    return {
      workflowId,
      runId,
      procedure: procedure.type,
      input,
      ui: ui.run(workflowId, runId),
      next: nextSteps(procedure, workflowId),
    };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw alreadyRuns(workflowId);
    throw error;
  }
}

function startedText({ workflowId, runId, ui, next }: StartedRun): string {
  return [
    `Started ${workflowId}`,
    `  run id  ${runId}`,
    `  UI      ${ui ?? 'not known (FDTS_OPS_UI_URL)'}`,
    ...next.map((line) => `  ${line}`),
  ].join('\n');
}

function nextSteps(procedure: Procedure, workflowId: string): string[] {
  const hasGate = Object.values(procedure.steps).some(({ kind }) => kind === 'gate');
  return [
    `next    fdts-ops watch ${workflowId}`,
    ...(hasGate
      ? [
          '        it asks before it changes what runs: watch shows the plan, and the command that approves it',
        ]
      : []),
  ];
}

/** `20261206T010000Z`; with milliseconds, so that two starts in one second are two runs. */
function stamp(now: Date): string {
  return now.toISOString().replaceAll(/[-:.]/g, '');
}

function alreadyRuns(workflowId: string): CliError {
  return new CliError('usage', {
    code: 'ALREADY_RUNS',
    message: `a run with the id ${workflowId} is open already: nothing was started`,
    hint: `fdts-ops watch ${workflowId} shows it; leave --id out and an id is made.`,
  });
}
