import type { WorkflowHandle } from '@temporalio/client';
import { z } from 'zod';
import { runCli } from '../../client/run-cli.ts';
import { type Server, withServer } from '../../client/server/connect.ts';
import { type RunEnding, readEnding } from '../../client/server/run-ending.ts';
import type { Terminal } from '../../client/terminal.ts';
import { type ChecklistView, checklistView } from '../../client/watch/checklist-view.ts';
import { followRun } from '../../client/watch/follow-run.ts';
import type { Progress } from '../../workflows/contracts/report.ts';
import { abortSignal, approveSignal } from '../../workflows/messages.ts';
import { reasonOf } from '../reason-of.ts';

/** A run of the demo, and how it ended. */
export interface DemoRun extends RunEnding {
  readonly workflowId: string;
  readonly runId: string;
  /** Link into the Temporal UI; null when its address is not known. */
  readonly ui: string | null;
}

const started = z.object({ workflowId: z.string(), runId: z.string(), ui: z.string().nullable() });

/**
 * Starts a procedure as `fdts-ops start` does with these flags, shows its checklist, and answers its gates with the
 * signal `approve`.
 */
export async function runAndApprove(
  procedure: string,
  terminal: Terminal,
  flags: readonly string[] = [],
): Promise<DemoRun> {
  const run = await start(procedure, terminal, flags);
  terminal.out(
    `Started ${run.workflowId}, as "fdts-ops start ${procedure}" does\n  in the UI: ${run.ui ?? 'its address is not known (FDTS_OPS_UI_URL)'}\n\n`,
  );
  return withServer(terminal, async (server) => {
    const handle = server.client.workflow.getHandle(run.workflowId, run.runId);
    const ending = await followAndApprove(server, handle, checklistView(terminal, run.workflowId, false));
    return { ...run, ...ending };
  });
}

async function start(
  procedure: string,
  terminal: Terminal,
  flags: readonly string[],
): Promise<z.infer<typeof started>> {
  let answer = '';
  const quiet = { ...terminal, out: (text: string) => void (answer += text) };
  const code = await runCli(['start', procedure, '--json', ...flags], quiet);
  if (code !== 0) throw new Error(`fdts-ops start ${procedure} ended with ${code}, expected 0: ${answer}`);
  return started.parse(JSON.parse(answer));
}

async function followAndApprove(
  server: Server,
  handle: WorkflowHandle,
  view: ChecklistView,
): Promise<RunEnding> {
  const answered = new Set<string>();
  const show = (progress: Progress): void => {
    view.show(progress);
    const { gate } = progress;
    if (gate === null || answered.has(gate.planCode)) return;
    answered.add(gate.planCode);
    // A gate after a failure asks a person for more than a demo can know: it lets the run take itself back.
    const signal = gate.answers.includes('approve') ? approveSignal : abortSignal;
    const message = { by: 'demo', reason: 'npm run demo', plan: gate.planCode };
    view.say(`DEMO: sends the signal ${signal.name} ${JSON.stringify(message)}`);
    handle.signal(signal, message).catch((error: unknown) => {
      view.say(`DEMO: the signal was not taken, and is sent again: ${reasonOf(error)}`);
      answered.delete(gate.planCode);
    });
  };
  const status = await followRun(server, handle, { show, say: view.say });
  return readEnding(handle, status);
}
