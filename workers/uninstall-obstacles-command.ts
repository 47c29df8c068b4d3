import type { Command } from 'commander';
import { Journal } from '../activities/adapters/journal/journal.ts';
import type { JournalRun } from '../activities/adapters/journal/journal-rows.ts';
import type { Incident } from '../workflows/contracts/containment.ts';

/** For packaging/install-host.sh: what of the journal speaks against an uninstall, a line each; nothing when nothing does. */
export function registerUninstallObstacles(program: Command, out: (text: string) => void): void {
  program
    .command('uninstall-obstacles', { hidden: true })
    .requiredOption('--journal <file>')
    .action(({ journal: file }: { readonly journal: string }) => {
      const journal = new Journal(file);
      try {
        const obstacles = uninstallObstacles(journal);
        if (obstacles.length > 0) out(obstacles.join('\n'));
      } finally {
        journal.close();
      }
    });
}

/** What would be lost with the program: the way back of a run, and the way out of an incident. */
export function uninstallObstacles(journal: Pick<Journal, 'openRun' | 'openIncidents'>): string[] {
  const run = journal.openRun();
  return [...(run === null ? [] : [heldBy(run)]), ...journal.openIncidents().map(openIncident)];
}

function heldBy({ procedure, workflowId, startedAt, step, state }: JournalRun): string {
  const who = `${procedure} (run ${workflowId}) since ${startedAt}, last change "${step ?? 'none yet'}"`;
  return state === 'open'
    ? `a run has this host: ${who}. Next: wait for it, or fdts-ops abort ${workflowId}; if it is gone: sudo fdts-ops recover`
    : `this host is quarantined after ${who}. Next: sudo fdts-ops recover; or, once it is mended by hand: sudo fdts-ops clear --reason TEXT`;
}

function openIncident({ procedure, workflowId, since, safeState }: Incident): string {
  return `an incident is open: ${procedure} (run ${workflowId}) has left the host ${safeState} since ${since}. Next: fdts-ops start ${procedure}, which takes it over; or, once it is mended by hand: sudo fdts-ops clear --reason TEXT`;
}
