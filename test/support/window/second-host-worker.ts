import type { SandboxHost } from '../../../sandbox/host.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';

const UNIT = 'fdts-ops-second.service';
const HEALTH_PORT = '9473';

/** Starts one more host worker on the same host and queue, as the same user; gives what ends it. */
export async function secondHostWorker(host: SandboxHost): Promise<{ end: () => Promise<void> }> {
  await host.exec([
    'systemd-run',
    '--quiet',
    '--collect',
    `--unit=${UNIT}`,
    '--uid=fdts-ops',
    '--gid=fdts-ops',
    '--property=SupplementaryGroups=docker systemd-journal adm',
    '--property=AmbientCapabilities=CAP_SETUID CAP_SETGID',
    '--property=EnvironmentFile=/etc/fdts-ops/host.env',
    '--property=UMask=0077',
    '/usr/local/bin/fdts-ops',
    'worker',
    '--role',
    'host',
    '--config',
    '/etc/fdts-ops/host.yml',
    '--health-port',
    HEALTH_PORT,
  ]);
  await waitUntil(
    `the second host worker answers (journalctl -u ${UNIT} on the host)`,
    async () => {
      const url = `http://127.0.0.1:${HEALTH_PORT}/healthz`;
      return (await host.exec(['curl', '-fsS', url], { check: false })).exitCode === 0;
    },
    30_000,
  );
  return { end: async () => void (await host.exec(['systemctl', 'stop', UNIT])) };
}
