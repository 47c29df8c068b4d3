import type { CleanUpPlan, UnusedThing } from '../../workflows/contracts/weekly-plan.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { parseImageReference } from '../adapters/docker/image-reference.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import { timeOfStamp } from '../execution/stamp-time.ts';
import { bytesText } from '../figures/bytes-text.ts';
import type { Host } from '../host.ts';
import { readModel } from '../stack/images.ts';
import { startByHand } from '../stack/start-by-hand.ts';
import { hasEndedWell } from '../survey/service-checks.ts';
import { chooseUnused } from './choose-unused.ts';

type Needed = Pick<Host, 'config' | 'docker' | 'project'>;

/** Finding what nothing in Docker uses. */
export function cleanUpReads(host: Needed) {
  const { config, docker } = host;

  /** What a clean-up would remove, by exact ids; what it leaves, with why. While a service is down: nothing. */
  const planDockerCleanUp: Read<Record<string, never>, CleanUpPlan> = async ({ stamp, signal }) => {
    const project = config.project.name;
    const containers = await docker.projectContainers(project);
    const down = servicesDown(host, containers);
    if (down.length > 0) return { plain: [], doubtful: [], spared: [], buildCacheBytes: 0, down };
    const named = await namedInCompose(host, signal);
    const before = timeOfStamp(stamp) - config.weekly.unusedFor * 1000;
    const repositories = containers.map(({ imageName }) => parseImageReference(imageName).repository);
    const rule = { project, named, repositories, before };
    const chosen = chooseUnused(await docker.inventory(), rule);
    return { ...chosen, buildCacheBytes: (await docker.diskUsage()).buildCacheBytes, down };
  };

  return { planDockerCleanUp };
}

/** Removing what nothing in Docker uses. */
export function dockerCleanUpMutations(host: Needed) {
  const { docker } = host;

  /**
   * Removes exactly these things and the build cache, without force: what is used by now stays. Refuses while a service
   * of the project is down, whose own things would look unused. Changes: Docker's disk. Safe to repeat; a failure leaves
   * the rest of the list.
   */
  const cleanUpDocker: Mutation<
    { readonly things: readonly UnusedThing[] },
    { readonly lines: readonly string[] }
  > = async ({ effects, signal, progress }, { things }) => {
    await requireAllUp(host, signal);
    const before = effects.dryRun ? 0 : await totalBytes();
    const lines: string[] = [];
    for (const [index, { kind, id, name, bytes }] of things.entries()) {
      signal.throwIfAborted();
      progress(`removing ${index + 1} of ${things.length}`);
      const removed = await effects.perform(
        `docker ${COMMANDS[kind]} ${id}`,
        () => docker.removeUnused(kind, id),
        true,
      );
      const size = bytes === null ? '' : `, ${bytesText(bytes)}`;
      lines.push(`${kind} ${name}${size}${removed ? '' : ': is used by now, or was gone already'}`);
    }
    const cache = await effects.perform('docker builder prune --force', () => docker.pruneBuildCache(), 0);
    if (effects.dryRun) return { lines };
    const freed = Math.max(0, before - (await totalBytes()));
    return {
      lines: [
        ...lines,
        `build cache: ${bytesText(cache)}`,
        `freed altogether, as Docker counts it: ${bytesText(freed)}`,
      ],
    };
  };

  async function totalBytes(): Promise<number> {
    const { imagesBytes, containersBytes, volumesBytes, buildCacheBytes } = await docker.diskUsage();
    return imagesBytes + containersBytes + volumesBytes + buildCacheBytes;
  }

  return { cleanUpDocker };
}

const COMMANDS = {
  image: 'rmi',
  container: 'rm',
  network: 'network rm',
  volume: 'volume rm',
} as const satisfies Record<UnusedThing['kind'], string>;

/** Volumes and networks in the compose files, by the names that Docker has for them. */
async function namedInCompose(host: Needed, signal: AbortSignal): Promise<string[]> {
  const { volumes, networks } = await readModel(host, signal);
  const { name: project } = host.config.project;
  return [...Object.entries(volumes), ...Object.entries(networks)].flatMap(([key, { name }]) => [
    `${project}_${key}`,
    ...(name === null ? [key] : [name]),
  ]);
}

/** Services that do not run, but for jobs that ended well. */
function servicesDown({ config }: Needed, containers: readonly ProjectContainer[]): string[] {
  const wanted = Object.values(config.services).filter((service) => service !== null);
  const isUp = (name: string) =>
    containers.some(({ service, state }) => service === name && state === 'running');
  const others = containers.filter(({ service }) => !wanted.includes(service));
  return [
    ...wanted.filter((service) => !isUp(service)),
    ...others.filter((one) => one.state !== 'running' && !hasEndedWell(one)).map(({ service }) => service),
  ];
}

async function requireAllUp(host: Needed, signal: AbortSignal): Promise<void> {
  const { project, services } = host.config;
  const containers = await host.docker.projectContainers(project.name);
  const down = servicesDown(host, containers);
  if (down.length === 0) return;
  const answered: readonly (string | null)[] = [services.app, services.proxy];
  const absent = down.filter(
    (name) => !answered.includes(name) && !containers.some(({ service }) => service === name),
  );
  const make =
    absent.length === 0
      ? ''
      : `; ${absent.join(', ')}, which has no container: ${await startByHand(host, absent, signal)}`;
  throw new OperationError({
    code: 'SERVICE_DOWN',
    operation: 'cleanUpDocker',
    target: project.name,
    cause: `not running: ${down.join(', ')}; what belongs to it would look unused`,
    hint: `Start it (docker start${make}; the app or the proxy: fdts-ops start applicationDown), then start the maintenance again. Nothing was removed.`,
    retryable: false,
  });
}
