import type { Terminal } from '../../client/terminal.ts';
import { runAndApprove } from '../../setup/demo/run-and-approve.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';

/** Starts a procedure, approves its gates by signal, and gives its report; throws when it did not complete. */
export async function runCompleted(
  procedure: string,
  terminal: Terminal,
  flags: readonly string[] = [],
): Promise<RunReport> {
  const { outcome, because, report } = await runAndApprove(procedure, terminal, flags);
  if (outcome === 'completed' && report !== null) return report;
  throw new Error(`${procedure} ended as ${outcome}, expected completed: ${because}`);
}
