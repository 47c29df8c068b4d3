import { expect } from 'vitest';
import type { SandboxHost } from '../../../sandbox/host.ts';
import { journalOf } from './host-journal.ts';

// A smoke test starts an app that a power failure ended.
const STARTS = ['startServices', 'smokeTest', 'openToUsers', 'unblockStart', 'goBackToImages'];

/**
 * Proves from the engine's own events that after a boot FDTS did not start itself: the first start of each container
 * comes after the run began a step that starts services. `bootedAt`: milliseconds since the epoch, before the boot.
 */
export async function expectStartedByTheRun(
  host: SandboxHost,
  workflowId: string,
  bootedAt: number,
): Promise<void> {
  const entries = (await journalOf(host, workflowId)).filter(({ activity }) => STARTS.includes(activity));
  const begun = entries.map(({ begun_at }) => Date.parse(begun_at)).filter((at) => at >= bootedAt);
  const starts = await containerStarts(host, bootedAt);
  expect(Object.keys(starts).sort(), 'services started after the boot').toEqual(['app', 'backup', 'nginx']);
  expect(
    Math.min(...Object.values(starts)),
    `first start of a service after the boot, of ${JSON.stringify({ starts, entries, bootedAt })}`,
  ).toBeGreaterThanOrEqual(Math.min(...begun));
}

/** The first start of each service since a time. */
async function containerStarts(host: SandboxHost, since: number): Promise<Record<string, number>> {
  const { stdout } = await host.exec([
    'docker',
    'events',
    '--since',
    String(Math.floor(since / 1000)),
    '--until',
    '0s',
    '--filter',
    'event=start',
    '--filter',
    'label=com.docker.compose.project=fdts',
    '--format',
    '{{.TimeNano}} {{index .Actor.Attributes "com.docker.compose.service"}}',
  ]);
  const starts: Record<string, number> = {};
  for (const line of stdout.split('\n').filter((text) => text !== '')) {
    const [nanoseconds = '', service = ''] = line.split(' ');
    starts[service] ??= Number(nanoseconds.slice(0, -6));
  }
  return starts;
}
