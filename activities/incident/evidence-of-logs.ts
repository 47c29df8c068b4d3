import { commandSource } from '../adapters/evidence/command-source.ts';
import { timeOfStamp } from '../execution/stamp-time.ts';
import type { Host } from '../host.ts';
import type { Gathering } from './gather-evidence.ts';

/** Logs of every container, stopped ones too and from their beginning; journal and audit rows of the period. */
export async function logEvidence(
  { config, docker, data }: Host,
  { take, folder, context, lines }: Gathering,
  sinceSeconds: number,
): Promise<void> {
  const { signal, stamp } = context;
  const since = new Date(timeOfStamp(stamp) - sinceSeconds * 1000).toISOString();
  // First what is gone soonest: rows can be deleted, logs turn over.
  const { auditTable, auditTimeColumn } = config.incident;
  if (auditTable === null) {
    await folder.leaveOut('audit-rows.jsonl', 'incident.auditTable is null');
    lines.push('NOT collected: audit rows (incident.auditTable is null)');
  } else {
    const { database } = config.data;
    const source = { database, table: auditTable, timeColumn: auditTimeColumn, since };
    await take(
      {
        file: 'audit-rows.jsonl',
        how: `rows of ${auditTable} since ${since}, read by SQLite as their owner`,
      },
      async () => auditRows(data, source, signal),
    );
  }
  for (const { id, name } of await docker.projectContainers(config.project.name)) {
    await take({ file: `logs/${name}.log`, how: `docker logs --timestamps ${id}` }, async () =>
      withLineEnds(docker.logsSince(id, new Date(0).toISOString(), { timestamps: true })),
    );
  }
  const argv = [
    'journalctl',
    '--utc',
    '--no-pager',
    '--output=short-iso-precise',
    `--since=@${Math.floor(Date.parse(since) / 1000)}`,
  ] as const;
  await take({ file: 'logs/journal.log', how: argv.join(' ') }, () => commandSource([...argv], signal));
}

async function* auditRows(
  data: Host['data'],
  source: Omit<Parameters<Host['data']['readAuditRows']>[0], 'after'>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<Host['data']['readAuditRows']>> = await data.readAuditRows(
      { ...source, after },
      { signal },
    );
    yield* page.lines.map((line) => `${line}\n`);
    after = page.next;
  }
}

async function* withLineEnds(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}
