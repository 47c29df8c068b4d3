import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { SandboxHost } from '../../../sandbox/host.ts';
import type { Writer } from '../../../sandbox/writer.ts';
import { type WindowRun, windowRun } from './window-run.ts';

/** Starts a procedure by type and queue, as the UI's form does. `workflowId`: of a run that is watched for already. */
export async function startProcedure(
  client: Client,
  type: string,
  input: object = {},
  workflowId = `${type}-${randomUUID().slice(0, 8)}`,
): Promise<WindowRun> {
  const handle = await client.workflow.start(type, { taskQueue: 'fdts-ops', workflowId, args: [input] });
  return windowRun(client.workflow.getHandle(handle.workflowId));
}

/** Starts a restore and approves it as soon as its gate is open; errors are watched for two seconds only. */
export async function startApprovedRestore(client: Client, archive: string): Promise<WindowRun> {
  const run = await startProcedure(client, 'restoreBackup', { archive, watchSeconds: 2 });
  await run.reaches('approve-restore', ['waiting']);
  await run.approve();
  return run;
}

/** Makes a verified backup by a run of its own; gives the file name of the archive. */
export async function backUp(client: Client): Promise<string> {
  const run = await startProcedure(client, 'manualBackup');
  const { outcome, report } = await run.ended();
  if (outcome === null || !['completed', 'attention-needed'].includes(outcome))
    throw new Error(`the backup ended as ${outcome}`);
  return `fdts_backup_${report?.stamp}.tar.gz`;
}

/** Where everything that FDTS acknowledged is after a restore. */
export interface Whereabouts {
  /** Found in the salvage file and among the uploads aside only. */
  readonly salvaged: number;
  /** Found nowhere: there must be none. */
  readonly lost: readonly string[];
}

/**
 * Looks for each acknowledged row and upload: what FDTS does not serve has to be in the salvage file with its
 * details, an upload with its very bytes among the uploads that the restore set aside. `stamp`: of the restore; `uploads`: where those of before are, when not aside.
 */
export async function whereabouts(
  host: SandboxHost,
  writer: Writer,
  { stamp, uploads }: { stamp: string; uploads?: string },
): Promise<Whereabouts> {
  const aside = `/opt/fdts/data/.fdts-ops-${stamp}`;
  const { missingRows, missingUploads, wrongUploads } = await writer.verify(host.httpUrl);
  const acknowledged = writer.acknowledged();
  const salvage = async (sql: string) =>
    (await host.exec(['sqlite3', '-readonly', `${aside}/salvage.sqlite`, sql])).stdout.split('\n');
  const rows = new Set(await salvage("SELECT id || ' ' || details FROM audit_logs"));
  const files = new Set(await salvage('SELECT id FROM files'));
  const folder = uploads ?? `${aside}/uploads`;
  const hashed = await host.exec(['find', folder, '-type', 'f', '-exec', 'sha256sum', '{}', '+']);
  // A line of sha256sum, without the folders of the name.
  const asideFiles = new Set(hashed.stdout.split('\n').map((line) => line.replace(/ {2}.*\//, ' ')));
  return {
    salvaged: missingRows.length + missingUploads.length,
    lost: [
      ...missingRows.filter(({ id, details }) => !rows.has(`${id} ${details}`)).map(({ id }) => `row ${id}`),
      ...missingUploads.filter((id) => !files.has(id)).map((id) => `row of upload ${id}`),
      ...missingUploads
        .filter((id) => !asideFiles.has(`${acknowledged.uploads.get(id)} ${id}`))
        .map((id) => `bytes of upload ${id}`),
      ...wrongUploads.map((id) => `upload ${id} has other bytes`),
    ],
  };
}
