import type { WorkflowHandle } from '@temporalio/client';
import type { SandboxHost } from '../../../sandbox/host.ts';

/** Everything that leaves the host with a run, as one text: its whole history decoded, its reports, what people were sent. */
export async function toldOfRun(host: SandboxHost, handle: WorkflowHandle): Promise<string> {
  const history = await handle.fetchHistory();
  const files = 'cat /var/lib/fdts-ops/reports/*/* /var/lib/fdts-ops/notifications.jsonl';
  const { stdout } = await host.exec(['bash', '-c', files]);
  return [...textsIn(history), stdout].join('\n');
}

/** What must never be in it: the secrets of the app, the password of the checks, and the name of a user's file. */
export async function secretsOf(host: SandboxHost, archive: string): Promise<string[]> {
  const environment = await host.readFile('/opt/fdts/.env.production');
  const secrets = [...environment.matchAll(/^(?:JWT_SECRET|JWT_REFRESH_SECRET|MAIL_PASSWORD)=(.+)$/gm)];
  const password = (await host.readFile('/root/smoke-password')).trim();
  const manifest: { uploads: { entries: { path: string }[] } } = JSON.parse(
    await host.readFile(`${archive}.manifest.json`),
  );
  return [...secrets.map(([, value = '']) => value), password, manifest.uploads.entries[0]?.path ?? ''];
}

/** Payloads are bytes: every one is read as the text that it is. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn);
  return [];
}
