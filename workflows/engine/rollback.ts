import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { makeChange } from './activity-policies.ts';
import { describeFailure, type StepFailure } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import type { RunHost } from './run-record.ts';
import { ticketFor } from './ticket.ts';

/** How a rollback ended: everything taken back, or the commands that a person has to run. */
export type RollbackResult =
  | { readonly complete: true; readonly undone: readonly string[] }
  | {
      readonly complete: false;
      readonly undone: readonly string[];
      readonly failure: string;
      /** Somebody else took the host over (`recover`): what is left is theirs. */
      readonly fencedOff: StepFailure | null;
      readonly commandsLeft: readonly string[];
    };

/**
 * Takes back what was registered, last first. Call it in a non-cancellable scope: a cancel must not cancel the repair.
 * The first undo that fails stops it, since those before it build on it (an app must not start on a missing database).
 */
export async function rollBack(run: Run<StepsById>, host: RunHost): Promise<RollbackResult> {
  const undone: string[] = [];
  for (const entry of run.wayBack.undos.toReversed()) {
    const record = run.record(entry.step);
    run.mark(record, 'undoing');
    try {
      const changed = await makeChange(
        entry.undo,
        ticketFor(run, host, `undo:${entry.step}`, 0, { undoes: entry.step }),
        {
          taskQueue: host.taskQueue,
          summary: `undo: ${entry.undo.title}`,
          patient: run.absentWorker,
        },
      );
      record.commands = [...(record.commands ?? []), ...changed.commands];
      if (entry.keeps === true) run.mark(record, 'done', 'made sure of again at the end');
      else run.mark(record, 'undone');
      undone.push(entry.undo.title, ...linesOf(changed.result));
      run.wayBack.undos.pop();
    } catch (error) {
      const failure = describeFailure(error, host.taskQueue);
      run.mark(record, 'undo-failed', failure.message);
      const fencedOff = failure.type === 'FENCED_OFF' ? failure : null;
      return {
        complete: false,
        undone,
        failure: `"${entry.undo.title}" failed: ${failure.message}`,
        fencedOff,
        commandsLeft: fencedOff === null ? await commandsLeft(run, host, failure.type) : [],
      };
    }
  }
  return { complete: true, undone };
}

/** What an undo has to say in the report: most say nothing, a restore from a backup says it loudly. */
function linesOf(result: unknown): string[] {
  if (typeof result !== 'object' || result === null || !('lines' in result)) return [];
  return Array.isArray(result.lines) ? result.lines.map(String) : [];
}

/**
 * The one command that is left, and as comments what it does: a person who pastes all of it must not make the undos twice.
 */
async function commandsLeft(run: Run<StepsById>, host: RunHost, failed: string): Promise<string[]> {
  const lines = [failed === 'SCHEMA_CHANGED' ? KEEP_NEW_VERSION : RECOVER];
  for (const entry of run.wayBack.undos.toReversed()) {
    lines.push(`# ${entry.undo.title}`);
    try {
      const ticket = {
        ...ticketFor(run, host, `undo:${entry.step}`, 0, { undoes: entry.step }),
        dryRun: true,
      };
      const planned = await makeChange(entry.undo, ticket, {
        taskQueue: host.taskQueue,
        summary: `what is left: ${entry.undo.title}`,
        patient: null,
      });
      lines.push(...planned.commands.map((command) => `#   ${command}`));
    } catch (error) {
      const told =
        error instanceof ActivityFailure && error.cause instanceof ApplicationFailure
          ? error.cause.message
          : String(error);
      lines.push(`#   its commands could not be worked out: ${told}`);
    }
  }
  return lines;
}

const RECOVER =
  'sudo fdts-ops recover    # does all of the following, from the journal on the host. Only when it cannot:';
const KEEP_NEW_VERSION =
  'sudo fdts-ops recover --finish    # keeps the new version and frees the host; rollbackMaintenance may follow. What follows is refused each time:';
