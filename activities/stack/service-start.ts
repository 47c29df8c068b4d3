import { runCommand } from '../adapters/command/run-command.ts';
import { composeUp } from '../adapters/compose/compose.ts';
import { holdStackFile, isStackHeld, noteSettled, settledServices } from '../adapters/compose/hold-stack.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Effects } from '../execution/effects.ts';
import type { MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { settledAnew } from './settled-services.ts';

const UP_TIMEOUT_MS = 300_000;
/** Users wait for this answer. */
const HEALTH_INTERVAL_MS = 50;
const WITHOUT_BUILD = { noBuild: true, noDeps: true } as const;

/** What of the host a start needs. */
export type StartHost = Pick<Host, 'config' | 'project'> & {
  readonly docker: Pick<
    Host['docker'],
    'projectContainers' | 'inspectImage' | 'startContainer' | 'setRestartPolicy' | 'waitUntilUp'
  >;
  readonly app: Pick<Host['app'], 'waitUntilHealthy'>;
};

/** Starting one service so that it is up, without letting it start itself while a change holds FDTS down. */
export function serviceStart(
  { config, docker, app, project: projectOf }: StartHost,
  holdFile: string = holdStackFile,
) {
  const outputFolder = commandOutputFolder(config);

  async function waitUntilHealthy(
    { signal, progress }: MutationContext,
    through: 'app' | 'proxy',
  ): Promise<void> {
    await app.waitUntilHealthy({
      through,
      intervalMs: HEALTH_INTERVAL_MS,
      timeoutMs: config.maintenance.healthTimeout * 1000,
      signal,
      onProbe: ({ ok, problem }) =>
        progress(ok ? 'healthy' : `not healthy through the ${through} yet: ${problem}`),
    });
  }

  async function runsAsPlanned(service: string): Promise<boolean> {
    const containers = await containersOf(service);
    const image = await docker.inspectImage(containers[0]?.imageName ?? service);
    return (
      containers.length > 0 &&
      containers.every(({ state, imageId }) => state === 'running' && imageId === image?.id)
    );
  }

  /**
   * While a change holds FDTS down compose only makes what changed, and the engine starts it: a container that compose
   * has nothing to decide about is up in half the time.
   */
  async function startService(context: MutationContext, service: string): Promise<void> {
    const { effects, signal, progress } = context;
    progress(`starting ${service}`);
    const held = await isHeld(effects, holdFile);
    if (held) await makeContainers(context, [service]);
    if (!held || !(await startByEngine(effects, service))) {
      const start = composeUp(await projectOf(signal), [service], WITHOUT_BUILD);
      await effects.perform(start, () => runCompose(start, signal), null);
    }
    if (effects.dryRun) return;
    if (held) await keepFromRestarting(effects, service);
    await waitForService(
      service,
      (await containersOf(service)).map(({ id }) => id),
      signal,
      progress,
    );
  }

  /**
   * Has compose make the containers of services that are down, in one call and without starting them, where their image
   * or their configuration changed. They get the restart policy "no" before they first run.
   */
  async function makeContainers(
    { effects, signal, progress }: MutationContext,
    services: readonly string[],
  ): Promise<void> {
    const all = await docker.projectContainers(config.project.name);
    const wanted: string[] = [];
    for (const service of services) {
      const own = all.filter((container) => container.service === service);
      if (effects.dryRun || !(await isSettled(own))) wanted.push(service);
    }
    if (wanted.length === 0) return;
    progress(`making ${wanted.join(', ')}`);
    const make = composeUp(await projectOf(signal), wanted, { ...WITHOUT_BUILD, noStart: true });
    await effects.perform(make, () => runCompose(make, signal), null);
    await keepFromRestarting(effects, ...wanted);
    if (effects.dryRun) return;
    const settled = (await settledServices(holdFile)).filter(({ service }) => wanted.includes(service));
    await noteSettled(settledAnew(settled, await docker.projectContainers(config.project.name)), holdFile);
  }

  async function isSettled(containers: readonly ProjectContainer[]): Promise<boolean> {
    const [container] = containers;
    if (container === undefined || containers.length > 1) return false;
    if (!(await settledServices(holdFile)).some((settled) => settled.container === container.id))
      return false;
    const image = await docker.inspectImage(container.imageName);
    return image?.id === container.imageId;
  }

  /** False when compose has to do it: it is not known to be as compose would have it, or the engine refuses. */
  async function startByEngine(effects: Effects, service: string): Promise<boolean> {
    const containers = await containersOf(service);
    const [container] = containers;
    if (container === undefined || containers.length > 1) return false;
    const { id, name } = container;
    if (!effects.dryRun && !(await isSettled(containers))) return false;
    return effects.perform(`docker start ${name}`, () => started(id), true);
  }

  // Compose can mend what the engine refuses, as a network that somebody removed, and says what it cannot mend.
  async function started(id: string): Promise<boolean> {
    try {
      await docker.startContainer(id);
      return true;
    } catch (error) {
      if (!(error instanceof OperationError) || error.retryable) throw error;
      return false;
    }
  }

  function runCompose(command: ReturnType<typeof composeUp>, signal: AbortSignal) {
    return runCommand(command, { timeoutMs: UP_TIMEOUT_MS, signal, outputFolder });
  }

  async function keepFromRestarting(effects: Effects, ...services: readonly string[]): Promise<void> {
    const containers = await docker.projectContainers(config.project.name);
    for (const { id, name, service, restartPolicy } of containers) {
      if (!services.includes(service) || restartPolicy === 'no') continue;
      await effects.perform(
        `docker update --restart=no ${name}`,
        () => docker.setRestartPolicy(id, 'no'),
        undefined,
      );
    }
  }

  async function containersOf(service: string): Promise<readonly ProjectContainer[]> {
    const containers = await docker.projectContainers(config.project.name);
    return containers.filter((container) => container.service === service);
  }

  /** Docker asks a container's health check only now and then: the app itself is asked as well, and the first counts. */
  async function waitForService(
    service: string,
    ids: readonly string[],
    signal: AbortSignal,
    progress: MutationContext['progress'],
  ): Promise<void> {
    const known = new AbortController();
    const wait = {
      timeoutMs: config.maintenance.healthTimeout * 1000,
      signal: AbortSignal.any([signal, known.signal]),
    };
    const ways: Promise<unknown>[] = [docker.waitUntilUp(ids, { ...wait, onProgress: progress })];
    if (service === config.services.app)
      ways.push(app.waitUntilHealthy({ ...wait, intervalMs: HEALTH_INTERVAL_MS }));
    try {
      await Promise.race(ways);
    } finally {
      known.abort();
      await Promise.allSettled(ways);
    }
  }

  return { startService, makeContainers, runsAsPlanned, waitUntilHealthy, keepFromRestarting };
}

// A dry run has made no hold, but lists what a run does that has.
export async function isHeld(effects: Effects, holdFile: string = holdStackFile): Promise<boolean> {
  return effects.dryRun || isStackHeld(holdFile);
}
