import { WorkflowNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { watchIdOf } from '../../workflows/contracts/watch.ts';
import { watchClearSignal } from '../../workflows/messages.ts';
import { CliError } from '../cli-error.ts';
import { type Server, withServer } from '../server/connect.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

/** `unblock <host>`: what the signal `clear` of the watch does in the UI. */
export function registerUnblock(program: Command, { terminal, answer }: VerbContext): void {
  program
    .command('unblock')
    .description(
      'Let the watch of a host start answers again, once a person has looked why it had stopped. Not "clear", which ends quarantine on the host itself.',
    )
    .argument('<host>', "the host's name")
    .addOption(jsonOption())
    .action(async (host: string, options: JsonOption) => {
      await withServer(terminal, async (server) => answer(options, await unblock(server, host)));
    });
}

async function unblock({ client }: Server, host: string): Promise<Answer> {
  const workflowId = watchIdOf(host);
  try {
    await client.workflow.getHandle(workflowId).signal(watchClearSignal);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    throw new CliError('notFound', {
      code: 'NO_WATCH',
      message: `no watch runs for a host ${host}`,
      hint: "Hosts that are watched: hosts[].watch in the control worker's configuration; the watch runs as watch-HOST in the UI.",
    });
  }
  return { json: { host, workflowId }, text: `the watch of ${host} starts answers again` };
}
