import { writeFileSync } from 'node:fs';
import { call, journalSite, run, ticket, undo, what } from './journal-site.ts';

/** A host that a security incident has left isolated: its journal, and the state file of the isolation. */
export function containedIncident() {
  const { journal, file } = journalSite();
  const isolation = `${file}-isolation`;
  writeFileSync(isolation, 'since=2026-03-01T09:00:01Z\n80:80/tcp\n');
  const procedure = 'securityIncident';
  const fence = journal.takeHold(run, { ...what, procedure });
  const contains = { procedure, safeState: 'isolated', keep: undo('isolate'), left: [] };
  journal.begin(run, ticket('isolate', fence, { undo: contains.keep, contains }), call('isolate'));
  journal.closeRun(run, 'contained', fence);
  return { journal, file, isolation };
}
