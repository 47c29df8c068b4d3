import { z } from 'zod';
import type { SandboxHost } from '../../../sandbox/host.ts';

const JOURNAL = '/var/lib/fdts-ops/journal.sqlite';

const entry = z.object({
  step: z.string(),
  round: z.number(),
  activity: z.string(),
  state: z.enum(['begun', 'done', 'failed']),
  attempts: z.number(),
  begun_at: z.string(),
  ended_at: z.string().nullable(),
  error: z.string().nullable(),
});

/** A change in the host's journal. */
export type JournalledChange = z.infer<typeof entry>;

/** The changes of a run, in the order in which they began, read from the host's own journal. */
export async function journalOf(host: SandboxHost, workflowId: string): Promise<JournalledChange[]> {
  return z
    .array(entry)
    .parse(
      await ask(
        host,
        `SELECT step, round, activity, state, attempts, begun_at, ended_at, error FROM entries WHERE workflow_id = '${workflowId}' ORDER BY seq`,
      ),
    );
}

/** Runs that have the host, or left it quarantined, and those that have reserved it; empty when it is free. */
export async function ownersOf(host: SandboxHost): Promise<unknown[]> {
  // Nothing was run on the host yet: it has no journal.
  if ((await host.exec(['test', '-e', JOURNAL], { check: false })).exitCode !== 0) return [];
  const owners = await ask(
    host,
    `SELECT workflow_id, state FROM runs WHERE state <> 'closed'
     UNION ALL SELECT workflow_id, 'reserved' FROM reservations`,
  );
  return z.array(z.unknown()).parse(owners);
}

async function ask(host: SandboxHost, query: string): Promise<unknown> {
  const read = ['sqlite3', '-readonly', '-json', '-cmd', '.timeout 10000', JOURNAL];
  const { stdout } = await host.exec([...read, query]);
  return stdout === '' ? [] : JSON.parse(stdout);
}
