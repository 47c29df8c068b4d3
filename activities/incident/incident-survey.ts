import type { IncidentPort } from '../../workflows/contracts/incident.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import type { Host } from '../host.ts';

/** An isolation does not wait for an engine that does not answer. */
const ENGINE_PATIENCE_MS = 5000;

/** The containers of the project; null when the engine does not say so at once. */
export async function containersAtOnce({
  config,
  docker,
}: Pick<Host, 'config' | 'docker'>): Promise<readonly ProjectContainer[] | null> {
  const late = new Promise<null>((resolve) => setTimeout(() => resolve(null), ENGINE_PATIENCE_MS).unref());
  return Promise.race([docker.projectContainers(config.project.name).catch(() => null), late]);
}

/** The ports to close: what is named in any case (`80/tcp`, or `8080:80/tcp` with the container's own), and what containers publish. */
export function portsToClose(
  named: readonly string[],
  containers: readonly Pick<ProjectContainer, 'publishedPorts'>[],
): IncidentPort[] {
  const always = named.map((text): IncidentPort => {
    const [numbers = '', protocol = 'tcp'] = text.split('/');
    const [port = '', target = port] = numbers.split(':');
    return { published: Number(port), target: Number(target), protocol };
  });
  const published = containers.flatMap(({ publishedPorts }) =>
    publishedPorts
      .filter((port) => port.published > 0)
      .map(({ published: number, target, protocol }) => ({ published: number, target, protocol })),
  );
  const all = new Map(
    [...published, ...always].map((port) => [`${port.published}:${port.target}/${port.protocol}`, port]),
  );
  return [...all.values()].sort((a, b) => a.published - b.published || a.target - b.target);
}

/** The services that run or must, the app first and the proxy after it. */
export function servicesInOrder(
  { services }: Host['config'],
  containers: readonly ProjectContainer[],
): string[] {
  const must = services.proxy === null ? [services.app] : [services.app, services.proxy];
  const running = containers.filter(({ state }) => state === 'running').map(({ service }) => service);
  return [...new Set([...must, ...running])];
}
