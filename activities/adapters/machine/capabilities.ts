import { access, constants } from 'node:fs/promises';
import { rootTaskCapability } from '../command/root-task-capability.ts';
import { installedComposeTools } from '../compose/tool.ts';
import type { DockerEngine } from '../docker/docker.ts';

/** Something that procedures may need on this host; when it is missing, why and what to do. */
export type Capability =
  | { readonly name: string; readonly available: true; readonly detail: string }
  | { readonly name: string; readonly available: false; readonly reason: string; readonly howToGet: string };

/** What the worker can do on this host, asked anew each time. Reads only. */
export const capabilities = async (
  engine: DockerEngine,
  signal?: AbortSignal,
): Promise<readonly Capability[]> => [
  await engineCapability(engine),
  await composeCapability(signal),
  await systemdCapability(),
  await privilegesCapability(signal),
  ...(await Promise.all(programs.map(([name, howToGet]) => programCapability(name, howToGet)))),
];

const engineCapability = async (engine: DockerEngine): Promise<Capability> => {
  try {
    const { version, storageDriver } = await engine.engineInfo();
    return { name: 'docker', available: true, detail: `engine ${version}, ${storageDriver}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const howToGet = 'Start Docker, and put the worker’s user into the group docker.';
    return { name: 'docker', available: false, reason, howToGet };
  }
};

const composeCapability = async (signal?: AbortSignal): Promise<Capability> => {
  const found = (await installedComposeTools(signal)).map(
    ({ argv, version }) => `${argv.join(' ')} ${version}`,
  );
  if (found.length > 0) return { name: 'compose', available: true, detail: found.join(', ') };
  const howToGet = 'Install the Docker compose plugin (or docker-compose).';
  return {
    name: 'compose',
    available: false,
    reason: 'neither docker compose nor docker-compose answers',
    howToGet,
  };
};

const systemdCapability = async (): Promise<Capability> => {
  if (await isThere('/run/systemd/system')) return { name: 'systemd', available: true, detail: 'running' };
  const howToGet = 'Run FDTS on a host with systemd.';
  return { name: 'systemd', available: false, reason: 'it does not run this host', howToGet };
};

const privilegesCapability = async (signal?: AbortSignal): Promise<Capability> => {
  const { available, reason, howToGet } = await rootTaskCapability(signal);
  if (available) return { name: 'root-task', available, detail: 'fixed verbs as root' };
  return { name: 'root-task', available, reason, howToGet };
};

const programCapability = async (name: string, howToGet: string): Promise<Capability> => {
  for (const folder of searchedFolders) {
    if (await isThere(`${folder}/${name}`)) return { name, available: true, detail: `${folder}/${name}` };
  }
  return { name, available: false, reason: `no ${name} in ${searchedFolders.join(', ')}`, howToGet };
};

// Not the PATH of the worker alone: what root uses lies in the sbin folders.
const searchedFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

const programs = [
  ['apt-get', 'Package upgrades need a Debian or Ubuntu host.'],
  ['journalctl', 'It comes with systemd.'],
  ['ufw', 'apt-get install ufw'],
  ['iptables', 'apt-get install iptables'],
  ['logrotate', 'apt-get install logrotate'],
  ['curl', 'apt-get install curl'],
  ['trivy', 'Install trivy as its own documentation says; without it images are not scanned.'],
] as const;

const isThere = (path: string): Promise<boolean> =>
  access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
