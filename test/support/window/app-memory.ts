import type { SandboxHost } from '../../../sandbox/host.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import { setFaults } from './app-faults.ts';

const COMPOSE = '/opt/fdts/docker-compose.yml';

/** The memory limit of the app, in MB, and how full it is. */
export interface AppMemory {
  readonly limit: number;
  readonly percent: number;
}

/** Gives the app the memory limit of a site that is too small for what it needs. */
export async function limitMemory(host: SandboxHost): Promise<void> {
  const limited = (await host.readFile(COMPOSE)).replace(
    '    build: ./app\n',
    '    build: ./app\n    mem_limit: 160m\n',
  );
  await host.writeFile(COMPOSE, limited);
  await host.exec(['docker-compose', 'up', '-d', 'app'], { cwd: '/opt/fdts' });
  await host.waitUntilServing();
}

export async function appMemory(host: SandboxHost): Promise<AppMemory> {
  const id = (await host.exec(['docker', 'ps', '-qf', 'label=com.docker.compose.service=app'])).stdout;
  const { stdout } = await host.exec(['docker', 'stats', '--no-stream', '--format', '{{.MemPerc}}', id]);
  const limit = await host.exec(['docker', 'inspect', '--format', '{{.HostConfig.Memory}}', id]);
  return { limit: Number(limit.stdout) / 1024 / 1024, percent: Number.parseFloat(stdout) };
}

/** Leaks until the app uses more than the threshold; gives how many MB that took. */
export async function leak(host: SandboxHost): Promise<number> {
  let leaked = 90;
  await setFaults(host, { leak: leaked });
  await waitUntil(
    'the app has leaked enough',
    async () => {
      if ((await appMemory(host)).percent > 93) return true;
      await setFaults(host, { leak: 4 });
      leaked += 4;
      return false;
    },
    90_000,
    1,
  );
  return leaked;
}
