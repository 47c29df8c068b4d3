import { runCommand } from '../adapters/command/run-command.ts';
import { composeConfig, composeHashes, readComposeHashes } from '../adapters/compose/compose.ts';
import type { SettledService } from '../adapters/compose/hold-stack.ts';
import { servicesWithStartWork } from '../adapters/compose/services-with-start-work.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Host } from '../host.ts';

const TIMEOUT_MS = 60_000;

/**
 * The services whose one container is what compose would make from its files now: while users are shut out the engine
 * starts such a container at once. Not those for which compose does more than that. A compose that does not say leaves all of them to compose, which takes longer.
 */
export async function findSettled(host: Host, signal: AbortSignal): Promise<readonly SettledService[]> {
  const { config, docker } = host;
  const containers = await docker.projectContainers(config.project.name);
  try {
    const project = await host.project(signal);
    const [hashes, model] = await Promise.all(
      [composeHashes(project), composeConfig(project)].map((command) =>
        runCommand(command, { timeoutMs: TIMEOUT_MS, signal }),
      ),
    );
    const left = servicesWithStartWork(model?.stdout ?? '');
    if (left === null) return [];
    return settledOf(containers, readComposeHashes(hashes?.stdout ?? '')).filter(
      ({ service }) => !left.has(service),
    );
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return [];
  }
}

/** One container each: how many there have to be is for compose to decide. */
export function settledOf(
  containers: readonly ProjectContainer[],
  hashes: ReadonlyMap<string, string>,
): readonly SettledService[] {
  return containers
    .filter(({ service, configHash }) => configHash !== null && hashes.get(service) === configHash)
    .filter(({ service }) => containers.filter((other) => other.service === service).length === 1)
    .map(({ service, id, networks }) => ({ service, container: id, networks }));
}

/**
 * Those of them whose container compose has just made anew, and completely: version 1 attaches one that it only makes to
 * the first of its networks, and to the others when it starts it.
 */
export function settledAnew(
  settled: readonly SettledService[],
  containers: readonly ProjectContainer[],
): readonly SettledService[] {
  return settled.flatMap(({ service, networks }) => {
    const [container, ...more] = containers.filter((candidate) => candidate.service === service);
    if (container === undefined || more.length > 0) return [];
    if (!networks.every((network) => container.networks.includes(network))) return [];
    return [{ service, container: container.id, networks }];
  });
}
