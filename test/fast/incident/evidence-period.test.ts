import { expect, test } from 'vitest';
import type { Host } from '../../../activities/host.ts';
import { logEvidence } from '../../../activities/incident/evidence-of-logs.ts';
import type { Gathering } from '../../../activities/incident/gather-evidence.ts';

const HOUR_BEFORE = '2026-01-04T01:00:00.000Z';

test('audit rows and the journal are kept from the asked period before the incident on', async () => {
  const asked: unknown[] = [];
  const host = {
    config: {
      incident: { auditTable: 'audit_logs', auditTimeColumn: 'timestamp' },
      data: { database: '/opt/fdts/data/database.sqlite' },
      project: { name: 'fdts' },
    },
    docker: { projectContainers: async () => [] },
    data: {
      readAuditRows: async (source: unknown) => {
        asked.push(source);
        return { lines: ['{"id":1}'], next: null };
      },
    },
  };
  const rows: unknown[] = [];
  const kept = new Map<string, string>();
  const gathering = {
    context: { stamp: '20260104_020000', signal: new AbortController().signal },
    take: async (...[{ file, how }, source]: Parameters<Gathering['take']>) => {
      kept.set(file, how);
      // What prints the journal is a program of the host.
      if (file === 'logs/journal.log') return;
      for await (const row of await source()) rows.push(row);
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- logs are gathered with these alone
  await logEvidence(host as unknown as Host, gathering as unknown as Gathering, 3600);
  expect(asked).toEqual([expect.objectContaining({ since: HOUR_BEFORE, after: 0 })]);
  expect(rows).toEqual(['{"id":1}\n']);
  expect(kept.get('audit-rows.jsonl')).toContain(`since ${HOUR_BEFORE}`);
  expect(kept.get('logs/journal.log')).toContain(`--since=@${Date.parse(HOUR_BEFORE) / 1000}`);
});
