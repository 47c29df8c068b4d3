import type { Command } from 'commander';
import { withServer } from '../server/connect.ts';
import { findRun } from '../server/find-run.ts';
import { type JsonOption, jsonOption, type VerbContext } from '../verb.ts';
import { watchRun } from '../watch/watch-run.ts';

/** `watch <run>`: the live checklist until the run closes. */
export function registerWatch(program: Command, { terminal, answer }: VerbContext): void {
  program
    .command('watch')
    .description(
      'Show the live checklist of a run until it ends; the exit code says how. Stopping to watch stops nothing.',
    )
    .argument('<run>', 'the id of a run, from "runs"')
    .addOption(jsonOption())
    .action(async (name: string, options: JsonOption) => {
      await withServer(terminal, async (server) => {
        answer(options, await watchRun(terminal, server, await findRun(server, name), options));
      });
    });
}
