import { readFile, realpath } from 'node:fs/promises';
import type { SandboxHost } from '../sandbox/host.ts';
import { waitUntil } from '../sandbox/wait-until.ts';
import { sandboxHostConfig } from './sandbox-host-config.ts';
import { say } from './say.ts';
import { type ServerForHosts, writeServerForHosts } from './server-for-hosts.ts';
import { shipProgram } from './ship-program.ts';

const PROGRAM = '/opt/fdts-ops';

/** A machine that a worker is installed on. */
export type Machine = Pick<SandboxHost, 'name' | 'exec' | 'writeFile' | 'copyTreeIn'>;

/** What a worker is told of its host: its configuration, and where on the host the smoke checks' password lies and goes. */
export interface HostSite {
  readonly config: string;
  readonly password: { readonly from: string; readonly to: string };
  /** Where on the host the private key of its configuration bundles is made; without it there are none. */
  readonly bundleKey?: string;
}

const sandboxSite: HostSite = {
  config: sandboxHostConfig(),
  password: { from: '/root/smoke-password', to: '/etc/fdts-ops/smoke-password' },
  bundleKey: '/root/bundle.key',
};

/** Puts the built program on a sandbox host and installs its worker with the installer that users run. */
export async function installHostWorker(
  host: Machine,
  server: ServerForHosts,
  checkout: string,
  site = sandboxSite,
): Promise<void> {
  await host.copyTreeIn(shipProgram(checkout), PROGRAM);
  await host.exec(['install', '-d', '-m', '0755', '/etc/fdts-ops']);
  await host.writeFile('/usr/local/bin/node', await readFile(await realpath(process.execPath)), {
    mode: '755',
  });
  const bundle = site.bundleKey === undefined ? '' : await makeBundleKey(host, site.bundleKey);
  await host.writeFile('/root/host.yml', `${site.config}${bundle}`, { mode: '644' });
  await host.exec(
    [
      'bash',
      `${PROGRAM}/packaging/install-host.sh`,
      '--node',
      '/usr/local/bin/node',
      '--config',
      '/root/host.yml',
      '--program',
      PROGRAM,
      '--no-start',
    ],
    { timeoutMs: 120_000 },
  );
  await host.exec([
    'install',
    '-o',
    'root',
    '-g',
    'fdts-ops',
    '-m',
    '0640',
    site.password.from,
    site.password.to,
  ]);
  await writeServerForHosts(host, server);
  await host.exec(['systemctl', 'enable', '--quiet', 'fdts-ops-host.service']);
  await host.exec(['systemctl', 'restart', 'fdts-ops-host.service']);
  await waitUntilWorkerRuns(host);
  say(`Host worker: runs on ${host.name} as user fdts-ops (systemd unit fdts-ops-host)`);
}

/** Makes a key as a person does; what is printed for the configuration is its section `bundle`. */
async function makeBundleKey(host: Machine, file: string): Promise<string> {
  await host.exec(['rm', '-f', file]);
  const program = ['/usr/local/bin/node', `${PROGRAM}/dist/bin/fdts-ops.js`];
  const { stdout } = await host.exec([...program, 'bundle', 'keygen', '--to', file]);
  return `${stdout.slice(stdout.indexOf('bundle:'))}\n`;
}

/** Waits until the host's worker answers on its own health endpoint. */
export async function waitUntilWorkerRuns(host: Pick<Machine, 'exec'>, timeoutMs = 60_000): Promise<void> {
  await waitUntil(
    'the host worker answers (journalctl -u fdts-ops-host on the host)',
    async () =>
      (await host.exec(['curl', '-fsS', 'http://127.0.0.1:9463/healthz'], { check: false })).exitCode === 0,
    timeoutMs,
  );
}
