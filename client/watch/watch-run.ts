import { meaningOf } from '../../workflows/contracts/outcome.ts';
import type { Server } from '../server/connect.ts';
import type { FoundRun } from '../server/find-run.ts';
import { type RunEnding, readEnding } from '../server/run-ending.ts';
import type { Terminal } from '../terminal.ts';
import type { Answer, JsonOption } from '../verb.ts';
import { checklistView } from './checklist-view.ts';
import { followRun } from './follow-run.ts';

/** Watches a run until it closes; the answer says how it ended, and carries the exit code of its outcome. */
export async function watchRun(
  terminal: Terminal,
  server: Server,
  {
    handle,
    described,
  }: Pick<FoundRun, 'handle'> & { readonly described: { workflowId: string; runId: string } },
  options: JsonOption,
): Promise<Answer> {
  const { workflowId, runId } = described;
  const view = checklistView(terminal, workflowId, options.json === true);
  if (terminal.isScreen) view.say('Ctrl-C stops only the watching; the run goes on.');
  const status = await followRun(server, handle, view);
  const ending = await readEnding(handle, status);
  return {
    json: { workflowId, runId, status, ui: server.ui.run(workflowId, runId), ...ending },
    text: endingText(workflowId, ending),
    exitCode: ending.exitCode,
  };
}

function endingText(workflowId: string, { outcome, because, report }: RunEnding): string {
  if (outcome === null) return `${workflowId} ended without an outcome: ${because}`;
  return [
    `${outcome}: ${meaningOf(outcome, report?.dryRun === true)}`,
    because,
    ...(report !== null && report.commandsLeft.length > 0
      ? ['Commands left, in this order:', ...report.commandsLeft.map((command) => `  ${command}`)]
      : []),
    ...(report?.path ? [`Report on the host: ${report.path}`] : []),
    `fdts-ops report ${workflowId} shows it here`,
  ].join('\n');
}
