import type { Command } from 'commander';
import { reportMarkdown } from '../../reporting/report-markdown.ts';
import { CliError } from '../cli-error.ts';
import { type Server, withServer } from '../server/connect.ts';
import { findRun } from '../server/find-run.ts';
import { readEnding } from '../server/run-ending.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

/** `report <run>`: the report of a closed run, in every outcome. */
export function registerReport(program: Command, { terminal, answer }: VerbContext): void {
  program
    .command('report')
    .description('Print the report of a run that has ended, as Markdown.')
    .argument('<run>', 'the id of a run, from "runs"')
    .addOption(jsonOption())
    .action(async (name: string, options: JsonOption) => {
      await withServer(terminal, async (server) => answer(options, await readReport(server, name)));
    });
}

async function readReport(server: Server, name: string): Promise<Answer> {
  const { handle, described } = await findRun(server, name);
  if (described.status.name === 'RUNNING') {
    throw new CliError('notFound', {
      code: 'STILL_RUNNING',
      message: `${described.workflowId} has not ended yet: it has no report`,
      hint: `fdts-ops watch ${described.workflowId} shows where it is.`,
    });
  }
  const { report, because } = await readEnding(handle, described.status.name);
  if (report === null) {
    throw new CliError('notFound', {
      code: 'NO_REPORT',
      message: `${described.workflowId} left no report with the server: ${because}`,
      hint: "Look on the host: its reports are in the folder that the host's configuration names.",
    });
  }
  return { json: report, text: reportMarkdown(report).trimEnd() };
}
