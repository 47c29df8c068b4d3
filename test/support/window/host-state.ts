import { expect } from 'vitest';
import { createFdtsClient } from '../../../sandbox/fdts-client.ts';
import type { SandboxHost } from '../../../sandbox/host.ts';
import { ownersOf } from './host-journal.ts';

/** What must be as before after any run, whatever its outcome: FDTS serves, starts itself, and the host is free. */
export async function expectHostFree(host: SandboxHost): Promise<void> {
  await host.waitUntilServing(30_000);
  expect(await ownersOf(host)).toEqual([]);
  expect(await restartPolicies(host)).toEqual({
    app: 'always running',
    nginx: 'unless-stopped running',
    backup: 'unless-stopped running',
  });
  const unit = await host.exec(['systemctl', 'is-active', 'fdts.service'], { check: false });
  expect(unit.stdout, 'fdts.service').toBe('active');
  const left = await host.exec(['ls', '/var/lib/fdts-ops/hold-stack'], { check: false });
  expect(left.exitCode, 'the hold file is gone').not.toBe(0);
  const { stdout } = await host.exec(['fdts-ops', 'recover', '--dry-run', '--json']);
  expect(JSON.parse(stdout)).toEqual({ recovered: false, reason: 'the host is free', incidents: [] });
}

/** The version that users get. */
export async function servedVersion(host: SandboxHost): Promise<string> {
  return (await createFdtsClient(host.httpUrl).health()).version;
}

/** Restart policy and state of each service's container. */
async function restartPolicies(host: SandboxHost): Promise<Record<string, string>> {
  const format =
    '{{index .Config.Labels "com.docker.compose.service"}} {{.HostConfig.RestartPolicy.Name}} {{.State.Status}}';
  const lines = await inspectAll(host, format);
  return Object.fromEntries(
    lines.map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')]),
  );
}

/** Containers by id with their images; and every name of an image. */
export async function containersAndImages(host: SandboxHost): Promise<string[]> {
  const images = await host.exec([
    'docker',
    'images',
    '--no-trunc',
    '--format',
    '{{.Repository}}:{{.Tag}} {{.ID}}',
  ]);
  return [
    ...(await inspectAll(host, '{{.Id}} {{.Image}} {{.State.StartedAt}}')),
    ...images.stdout.split('\n'),
  ].sort();
}

/** Names of images that runs have given: `fdts-ops-old-…` and `fdts-ops-new-…`, without the run's part. */
export async function runImageNames(host: SandboxHost): Promise<string[]> {
  const { stdout } = await host.exec(['docker', 'images', '--format', '{{.Repository}}:{{.Tag}}']);
  const mine = stdout.split('\n').filter((name) => name.includes(':fdts-ops-'));
  return mine.map((name) => name.replace(/-\d{8}-\d{6}$/, '')).sort();
}

async function inspectAll(host: SandboxHost, format: string): Promise<string[]> {
  const { stdout: ids } = await host.exec([
    'docker',
    'ps',
    '--all',
    '--quiet',
    '--filter',
    'label=com.docker.compose.project=fdts',
  ]);
  const { stdout } = await host.exec(['docker', 'inspect', '--format', format, ...ids.split('\n')]);
  return stdout.split('\n').sort();
}
