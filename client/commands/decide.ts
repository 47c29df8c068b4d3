import { userInfo } from 'node:os';
import {
  type WorkflowHandle,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { Command } from 'commander';
import {
  abortUpdate,
  approveUpdate,
  type DecisionMessage,
  retryUpdate,
  skipUpdate,
} from '../../workflows/messages.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { isServerAway } from '../explain-error.ts';
import { type Server, withServer } from '../server/connect.ts';
import { findRun } from '../server/find-run.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

const DECISIONS = [
  { verb: 'approve', update: approveUpdate, does: 'Go on with the plan that the open gate shows.' },
  {
    verb: 'abort',
    update: abortUpdate,
    does: 'Stop the run and take back what it changed; an incident stays in its safe state (users stay shut out, renewed secrets stay).',
  },
  { verb: 'retry', update: retryUpdate, does: 'Try a failed step again that waits for a decision.' },
  { verb: 'skip', update: skipUpdate, does: 'Leave out a failed step, where the checklist offers it.' },
] as const;

interface DecisionOptions extends JsonOption {
  readonly by?: string;
  readonly reason?: string;
  readonly plan?: string;
  readonly gate?: string;
}

/** `approve`, `abort`, `retry` and `skip`: sent as updates, so that the run answers in words. */
export function registerDecisions(program: Command, { terminal, answer }: VerbContext): void {
  for (const { verb, update, does } of DECISIONS) {
    program
      .command(verb)
      .description(`${does} Prints what the run answers; exit code 0 only when the decision counted.`)
      .argument('<run>', 'the id of a run, from "runs"')
      .option(
        '--by <name>',
        'who decides (self-declared; default: the name of your login, with sudo that is root)',
      )
      .option('--reason <text>', 'why; it stands in the report')
      .option('--plan <code>', 'the code of the plan that you saw; another plan is then not approved')
      .option('--gate <step>', 'the gate or step that is meant; without it, the one that is open')
      .addOption(jsonOption())
      .action(async (name: string, options: DecisionOptions) => {
        await withServer(terminal, async (server) => {
          answer(options, await decide(server, name, { verb, update, message: messageOf(options) }));
        });
      });
  }
}

interface Decision {
  readonly verb: string;
  readonly update: { readonly name: string };
  readonly message: DecisionMessage;
}

async function decide(server: Server, name: string, { verb, update, message }: Decision): Promise<Answer> {
  const { handle, described } = await findRun(server, name);
  const { workflowId, runId } = described;
  const { counted, says } =
    described.status.name === 'RUNNING'
      ? await send(server, handle, { verb, update, message })
      : { counted: false, says: 'the run has already ended: this changes nothing' };
  return {
    json: { workflowId, runId, decision: verb, ...message, counted, answer: says },
    text: says,
    exitCode: counted ? exitCode('ok') : exitCode('notCounted'),
  };
}

interface Reply {
  readonly counted: boolean;
  readonly says: string;
}

const ANSWER_MS = 15_000;

async function send(
  { connection }: Server,
  handle: WorkflowHandle,
  { update, message }: Decision,
): Promise<Reply> {
  try {
    const says = await connection.withDeadline(Date.now() + ANSWER_MS, () =>
      handle.executeUpdate<string, [DecisionMessage]>(update.name, { args: [message] }),
    );
    return { counted: true, says };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError)
      return { counted: false, says: 'the run has just ended: this changes nothing' };
    if (error instanceof WorkflowUpdateFailedError)
      return { counted: false, says: error.cause?.message ?? error.message };
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isServerAway(error))
      throw unanswered(handle.workflowId, error);
    throw error;
  }
}

function unanswered(workflowId: string, cause: unknown): CliError {
  return new CliError('notCounted', {
    code: 'NO_ANSWER',
    message: `nobody answered within ${ANSWER_MS / 1000} s: it is not known whether the decision will count`,
    hint: `The control worker or the server is away ("fdts-ops doctor"). Look with "fdts-ops watch ${workflowId}" before you send it again; a second one changes nothing.`,
    cause,
  });
}

function messageOf({ by, reason, plan, gate }: DecisionOptions): DecisionMessage {
  return {
    by: by ?? userInfo().username,
    ...(reason === undefined ? {} : { reason }),
    ...(plan === undefined ? {} : { plan }),
    ...(gate === undefined ? {} : { gate }),
  };
}
