import { readFile, realpath } from 'node:fs/promises';
import { execa } from 'execa';
import { copyTreeIn } from './copy-tree-in.ts';
import { type CommandResult, docker } from './docker.ts';
import { type ExecOptions, execOnHost, runMachine } from './host-container.ts';
import { debianSources } from './images/debian-sources.ts';
import { ensureSandboxImages } from './images/sandbox-images.ts';
import { waitUntil } from './wait-until.ts';
import { withLock } from './with-lock.ts';
import { writeOnHost } from './write-on-host.ts';

/** A new Debian machine: systemd and node, no Docker, no FDTS. */
export interface BareHost {
  readonly name: string;
  address(): Promise<string>;
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>;
  writeFile(path: string, content: string | Uint8Array): Promise<void>;
  copyTreeIn(source: Parameters<typeof copyTreeIn>[1], path: string): Promise<void>;
  /** Copies a file from another sandbox host; `mode` 0644 for what others than root may read. */
  copyFrom(host: string, from: string, to: string, mode?: '0600' | '0644'): Promise<void>;
  remove(): Promise<void>;
}

const DISK = '/var/lib/docker';
const PURGED = ['docker.io', 'docker-compose', 'docker-registry', 'containerd', 'runc'];

/** Starts it from the image of the sandbox hosts, with what it must not have taken away; about half a minute. */
export async function startBareHost(options: {
  readonly name: string;
  readonly network: string;
}): Promise<BareHost> {
  const { name, network } = options;
  const images = await withLock('host-snapshot', () => ensureSandboxImages(() => undefined));
  await docker(['volume', 'create', '--label', 'fdts-ops=1', `${name}-docker`]);
  await runMachine(name, images.host, { [DISK]: `${name}-docker` }, ['--network', network]);
  const run = (script: string) => execOnHost(name, ['bash', '-c', script]);
  const isUp = async () =>
    (await execOnHost(name, ['systemctl', 'is-system-running'], { check: false })).stdout.match(
      /running|degraded/,
    ) !== null;
  await waitUntil(`machine ${name} has booted`, isUp, 90_000);
  await run(
    'systemctl disable --quiet --now fdts.service docker-registry.service; rm /etc/systemd/system/fdts.service',
  );
  await run(`DEBIAN_FRONTEND=noninteractive apt-get purge --yes --quiet ${PURGED.join(' ')}`);
  await run(
    'rm -rf /opt/fdts /etc/docker /etc/logrotate.d/fdts; groupdel --force docker; mkdir -p /srv/recovery /etc/fdts-ops',
  );
  const sources = (await debianSources()).map(({ uri, suite }) => `deb ${uri} ${suite} main\n`).join('');
  await writeOnHost(name, '/etc/apt/sources.list', sources, {});
  await writeOnHost(name, '/usr/local/bin/node', await readFile(await realpath(process.execPath)), {
    mode: '755',
  });
  return {
    name,
    address: async () => {
      const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
      return (await docker(['inspect', '--format', format, name])).stdout.trim();
    },
    exec: (argv, how) => execOnHost(name, argv, how),
    writeFile: (path, content) => writeOnHost(name, path, content, {}),
    copyTreeIn: (source, path) => copyTreeIn(name, source, path),
    copyFrom: async (host, from, to, mode = '0600') => {
      const reading = execa('docker', ['exec', host, 'cat', from], { encoding: 'buffer', buffer: false });
      const write = ['exec', '--interactive', name, 'install', '-m', mode, '/dev/stdin', to];
      await reading.pipe('docker', write);
    },
    remove: async () => {
      await docker(['rm', '--force', '--volumes', name], { check: false });
      await docker(['volume', 'rm', '--force', `${name}-docker`]);
    },
  };
}
