import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyTreeIn } from '../copy-tree-in.ts';
import { type CommandResult, docker } from '../docker.ts';
import { freePort } from '../free-port.ts';
import { type ExecOptions, execOnHost, runMachine, waitForEngine } from '../host-container.ts';
import { httpStatus } from '../http-request.ts';
import { ensureSandboxImages } from '../images/sandbox-images.ts';
import { waitUntil } from '../wait-until.ts';
import { withLock } from '../with-lock.ts';
import { type FileOwnership, writeOnHost } from '../write-on-host.ts';
import { ensurePythonImage, loadForeignImages } from './foreign-images.ts';

const site = join(dirname(fileURLToPath(import.meta.url)), 'site');
const disks = { '/var/lib/docker': 'docker', '/srv': 'srv', '/mnt/vault': 'vault' };

/** The passphrase of the account `probe`. */
export const probePassphrase = 'only for the sandbox: 7 geese & "quotes"';

/** A bare Debian machine on which somebody else's FDTS runs: `records`, in Python, made without fdts-ops in mind. */
export interface ForeignHost {
  readonly name: string;
  /** Where its users come in. */
  readonly httpUrl: string;
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>;
  readFile(path: string): Promise<string>;
  writeFile(path: string, content: string | Uint8Array, ownership?: FileOwnership): Promise<void>;
  copyTreeIn(source: Parameters<typeof copyTreeIn>[1], path: string): Promise<void>;
  waitUntilServing(timeoutMs?: number): Promise<void>;
  /** Writes the source of a release into the project's folder, to be built; `sick`: its status is never 200. */
  release(version: string, fault?: 'sick'): Promise<void>;
  /** Removes the machine with its disks. */
  remove(): Promise<void>;
}

/** Starts the machine with everything on it and waits until its app answers from outside. About half a minute. */
export async function startForeignHost(options: {
  readonly name: string;
  readonly network: string;
  readonly say?: (line: string) => void;
}): Promise<ForeignHost> {
  const { name, network, say = () => {} } = options;
  const images = await withLock('host-snapshot', () => ensureSandboxImages(say));
  const python = await ensurePythonImage(images.base, say);
  const port = await freePort();
  const publish = ['--network', network, '--publish', `127.0.0.1:${port}:8088`];
  for (const volume of volumesOf(name)) await docker(['volume', 'create', '--label', 'fdts-ops=1', volume]);
  const volumes = Object.fromEntries(Object.entries(disks).map(([path, disk]) => [path, `${name}-${disk}`]));
  await runMachine(name, images.host, volumes, publish);
  await waitForEngine(name);
  await loadForeignImages(name, python, images);
  await placeSite(name);
  const host = describeHost(name, `http://127.0.0.1:${port}`);
  await host.waitUntilServing();
  return host;
}

/** What its administrator did once: nothing here is known to fdts-ops. */
async function placeSite(name: string): Promise<void> {
  const run = (...argv: string[]) => execOnHost(name, argv);
  await run('systemctl', 'disable', '--now', '--quiet', 'fdts.service', 'docker-registry.service');
  await run('rm', '/etc/systemd/system/fdts.service', '/etc/logrotate.d/fdts');
  await copyTreeIn(name, site, '/srv/records');
  await run('install', '-d', '-o', '2300', '-g', '2300', '-m', '0750', '/srv/records-data');
  for (const folder of ['/srv/records-data/db', '/srv/records-data/blobs', '/srv/records-archives'])
    await run('install', '-d', '-o', '2300', '-g', '2300', '-m', '0750', folder);
  await run('install', '-d', '-o', '2300', '-g', '2300', '-m', '0750', '/mnt/vault/records');
  await writeOnHost(name, '/srv/records/web.env', secrets(), { mode: '600' });
  await writeOnHost(name, '/etc/cron.d/records', '30 1 * * * root /srv/records/bin/make-archive.sh\n', {});
  await run('docker', 'network', 'create', 'records-front');
  await run('docker-compose', ...compose, 'build', '--quiet');
  await run('docker-compose', ...compose, 'up', '--detach');
  await run('docker', 'image', 'prune', '--force');
}

const compose = ['--project-name', 'records', '--file', '/srv/records/stack.yml'];

function secrets(): string {
  return `SESSION_KEY=${crypto.randomUUID()}\nPROBE_PASSPHRASE=${probePassphrase}\n`;
}

function volumesOf(name: string): string[] {
  return Object.values(disks).map((disk) => `${name}-${disk}`);
}

function describeHost(name: string, httpUrl: string): ForeignHost {
  const exec = (argv: readonly string[], options?: ExecOptions) => execOnHost(name, argv, options);
  const isServing = async () => (await httpStatus(`${httpUrl}/status`, 1000)) === 200;
  return {
    name,
    httpUrl,
    exec,
    readFile: async (path) => (await exec(['cat', path], { keepFinalNewline: true })).stdout,
    writeFile: (path, content, ownership = {}) => writeOnHost(name, path, content, ownership),
    copyTreeIn: (source, path) => copyTreeIn(name, source, path),
    waitUntilServing: (timeoutMs = 60_000) =>
      waitUntil(`the foreign app answers healthy on ${httpUrl}`, isServing, timeoutMs),
    release: (version, fault) =>
      writeOnHost(name, '/srv/records/web/RELEASE', `${[version, fault].join(' ').trim()}\n`, {}),
    remove: () => removeForeignHost(name),
  };
}

/** Removes a machine with its disks; no error when there is none. */
async function removeForeignHost(name: string): Promise<void> {
  await docker(['rm', '--force', '--volumes', name], { check: false });
  await docker(['volume', 'rm', '--force', ...volumesOf(name)]);
}
