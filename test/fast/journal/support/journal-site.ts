import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { Journal } from '../../../../activities/adapters/journal/journal.ts';
import type { Ticket, UndoCall } from '../../../../workflows/contracts/calls.ts';

/** A folder with a journal file and a lock file, gone after the test. */
export interface JournalSite {
  readonly file: string;
  readonly lockFile: string;
  readonly journal: Journal;
}

export function journalSite(): JournalSite {
  const folder = mkdtempSync(path.join(tmpdir(), 'fdts-ops-journal-'));
  const file = path.join(folder, 'journal.sqlite');
  const journal = new Journal(file);
  onTestFinished(() => {
    journal.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { file, lockFile: path.join(folder, 'host.lock'), journal };
}

export const run = { workflowId: 'window', runId: 'first' };
export const what = { procedure: 'plannedMaintenance', stamp: '20260301_020000' };

/** A ticket as the engine makes it; `undo` by its activity's name. */
export function ticket(step: string, fence: number, more: Partial<Ticket> = {}): Ticket {
  return {
    step,
    title: `Do ${step}`,
    round: 0,
    stamp: what.stamp,
    fence,
    machineId: '0'.repeat(32),
    dryRun: false,
    ...more,
  };
}

export function undo(activity: string): UndoCall {
  return { title: `Take back by ${activity}`, activity, input: { for: activity } };
}

export const call = (activity: string) => ({ activity, input: {} });

export const made = (result: unknown = null) => ({ result, commands: ['true'], attempts: 1 });
