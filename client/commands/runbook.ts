import type { Command } from 'commander';
import { loadHostConfig } from '../../config/load-host-config.ts';
import { procedures } from '../../workflows/procedures/index.ts';
import { findProcedure } from '../find-procedure.ts';
import { runbookPage } from '../runbook/runbook-page.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

interface RunbookCommandOptions extends JsonOption {
  readonly config?: string;
}

/** `runbook [procedure]`: the whole runbook as fdts-ops runs it, to print and to read. Needs no server. */
export function registerRunbook(program: Command, { answer }: VerbContext): void {
  program
    .command('runbook')
    .description(
      'Print the runbook as Markdown: every procedure with its steps, gates, undo, safe state and thresholds.',
    )
    .argument('[procedure]', 'only this one')
    .option('--config <file>', 'configuration of a host: its thresholds instead of the defaults')
    .addOption(jsonOption())
    .action(async (name: string | undefined, options: RunbookCommandOptions) => {
      answer(options, await runbookAnswer(name, options.config));
    });
}

async function runbookAnswer(name: string | undefined, file: string | undefined): Promise<Answer> {
  const config = file === undefined ? undefined : await loadHostConfig(file);
  const chosen = name === undefined ? procedures : [findProcedure(name)];
  const intro =
    config === undefined
      ? 'With the defaults of every setting; `--config FILE` prints those of a host.'
      : `For host ${config.host.name}, as ${file} says.`;
  const markdown = runbookPage(chosen, {
    intro: [intro],
    inDocs: false,
    ...(config === undefined ? {} : { config }),
  });
  return { json: { host: config?.host.name ?? null, markdown }, text: markdown.trimEnd() };
}
