import { cloneVolumes } from './clone-volumes.ts';
import { copyTreeIn } from './copy-tree-in.ts';
import { type CommandResult, docker } from './docker.ts';
import { freePort } from './free-port.ts';
import {
  type ExecOptions,
  execOnHost,
  type HostVolumes,
  runHostContainer,
  waitForEngine,
} from './host-container.ts';
import { ensureHostSnapshot } from './host-snapshot.ts';
import { httpStatus } from './http-request.ts';
import { waitUntil } from './wait-until.ts';
import { type FileOwnership, writeOnHost } from './write-on-host.ts';

/** A machine that runs FDTS: systemd, its own engine, apt and firewall, in one container. */
export interface SandboxHost {
  readonly name: string;
  readonly containerId: string;
  /** Its address on the network; asked anew after every boot, as it may change. */
  address(): Promise<string>;
  /** Where FDTS answers, seen from outside the host: `http://127.0.0.1:PORT`; stays the same through reboots. */
  readonly httpUrl: string;
  /** Runs one program on the host; after `timeoutMs` only the waiting ends, the program may go on. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<CommandResult>;
  readFile(path: string): Promise<string>;
  writeFile(path: string, content: string | Uint8Array, ownership?: FileOwnership): Promise<void>;
  copyTreeIn(source: Parameters<typeof copyTreeIn>[1], path: string): Promise<void>;
  /** Waits (default 90 s) until FDTS answers healthy from outside. */
  waitUntilServing(timeoutMs?: number): Promise<void>;
  /** A clean reboot, as `reboot` does; returns when the host's engine answers again. */
  reboot(): Promise<void>;
  /** Everything on the host ends at once, nothing is asked. */
  powerCut(): Promise<void>;
  powerOn(): Promise<void>;
  /** FDTS as on the first day: seed data, version 1.0.0, fdts-sysinfo 1.0; a worker on the host is left alone. */
  resetFdts(): Promise<void>;
  /** Removes the host with its disks. */
  remove(): Promise<void>;
}

/** What a new host is: `name` (unique on this engine), its network, and the port of this machine that its port 80 gets (0 or none: a free one). */
export interface SandboxHostOptions {
  readonly name: string;
  readonly network: string;
  readonly publishHttp?: number;
  readonly say?: (line: string) => void;
}

/** Starts a host from the snapshot (made first when missing) and waits until FDTS answers from outside. */
export async function startSandboxHost(options: SandboxHostOptions): Promise<SandboxHost> {
  const { name, network, publishHttp = 0, say = () => {} } = options;
  const snapshot = await ensureHostSnapshot(say);
  const volumes = volumesOf(name);
  await cloneVolumes(snapshot, volumes);
  const port = publishHttp || (await freePort());
  const publish = ['--network', network, '--publish', `127.0.0.1:${port}:80`];
  const containerId = await runHostContainer(name, snapshot.image, volumes, publish);
  const host = describeHost(name, containerId, port);
  await host.waitUntilServing();
  return host;
}

/** The host of this name that runs already (started by an earlier process). */
export async function findSandboxHost(name: string): Promise<SandboxHost> {
  const format = '{{.Id}} {{(index (index .HostConfig.PortBindings "80/tcp") 0).HostPort}}';
  const [id = '', port] = (await docker(['inspect', '--format', format, name])).stdout.split(' ');
  return describeHost(name, id, Number(port));
}

/** Removes a host with its disks, also one that an earlier process left; no error when there is none. */
export async function removeSandboxHost(name: string): Promise<void> {
  await docker(['rm', '--force', '--volumes', name], { check: false });
  await docker(['volume', 'rm', '--force', ...Object.values(volumesOf(name))]);
}

function describeHost(name: string, containerId: string, port: number): SandboxHost {
  const httpUrl = `http://127.0.0.1:${port}`;
  const exec = (argv: readonly string[], options?: ExecOptions) => execOnHost(name, argv, options);
  return {
    name,
    containerId,
    httpUrl,
    exec,
    address: () => addressOf(name),
    readFile: async (path) => (await exec(['cat', path], { keepFinalNewline: true })).stdout,
    writeFile: (path, content, ownership = {}) => writeOnHost(name, path, content, ownership),
    copyTreeIn: (source, path) => copyTreeIn(name, source, path),
    waitUntilServing: (timeoutMs = 90_000) => waitUntilServing(httpUrl, timeoutMs),
    reboot: async () => {
      await docker(['restart', '--time', '60', name]);
      await waitForEngine(name);
    },
    powerCut: async () => void (await docker(['kill', name])),
    powerOn: async () => {
      await docker(['start', name]);
      await waitForEngine(name);
    },
    resetFdts: async () => {
      await exec(['/usr/local/lib/fdts-sandbox/reset-fdts'], { timeoutMs: 180_000 });
      await waitUntilServing(httpUrl, 30_000);
    },
    remove: () => removeSandboxHost(name),
  };
}

function volumesOf(name: string): HostVolumes {
  return { docker: `${name}-docker`, project: `${name}-project`, external: `${name}-external` };
}

async function addressOf(name: string): Promise<string> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const address = (await docker(['inspect', '--format', format, name])).stdout.trim().split(' ')[0];
  if (!address) throw new Error(`sandbox host ${name} has no address: it is not running. Next: powerOn()`);
  return address;
}

function waitUntilServing(httpUrl: string, timeoutMs: number): Promise<void> {
  const isHealthy = async () => (await httpStatus(`${httpUrl}/api/health`, 1000)) === 200;
  return waitUntil(`FDTS answers healthy on ${httpUrl}`, isHealthy, timeoutMs);
}
