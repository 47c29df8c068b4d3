import type { RestartSurvey } from '../../workflows/contracts/diagnosis.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { measureUsersServed } from '../diagnosis/users-served.ts';
import type { Mutation, MutationContext, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { serviceStart } from './service-start.ts';

/** Restarting one service, its container kept as it is: the same image, the same configuration. */
export function serviceRestartMutations(host: Host) {
  const { config, docker } = host;
  const { proxy, app: appService } = config.services;
  const { startService, waitUntilHealthy } = serviceStart(host);

  /**
   * Restarts the container of a service, and waits until users get through it. Changes: its processes. The engine ends
   * the restart whoever asked, and one that was made since `startedAt` is not made again; a failure leaves the container
   * started but not healthy, or (a power failure) as its restart policy says.
   */
  const restartService: Mutation<
    { readonly service: string; readonly startedAt: string | null },
    { readonly seconds: number }
  > = async (context, { service, startedAt }) => {
    const { effects, progress } = context;
    const container = await containerOf(service);
    const began = performance.now();
    const timeout = config.maintenance.stopTimeout;
    const isDone = container?.state === 'running' && container.startedAt !== startedAt;
    if (container === undefined) await startService(context, service);
    else if (!isDone) {
      progress(`restarting ${service}`);
      const command = `docker restart --time ${timeout} ${container.name}`;
      await effects.perform(command, () => docker.restartContainer(container.id, timeout), undefined);
    }
    if (effects.dryRun) return { seconds: 0 };
    await waitUntilServing(context, service);
    return { seconds: (performance.now() - began) / 1000 };
  };

  /**
   * Sees to it that a service runs, its container kept as it is; where the app was healthy it has to be so again. Changes:
   * starts what does not run. Repeating it does nothing.
   */
  const startAgain: Mutation<
    { readonly service: string; readonly wasHealthy: boolean },
    { readonly lines: readonly string[] }
  > = async (context, { service, wasHealthy }) => {
    const { effects } = context;
    const container = await containerOf(service);
    if (container === undefined) await startService(context, service);
    else if (container.state !== 'running')
      await effects.perform(
        `docker start ${container.name}`,
        () => docker.startContainer(container.id),
        undefined,
      );
    if (effects.dryRun) return { lines: [] };
    if (wasHealthy) {
      await waitUntilServing(context, service);
      return { lines: [] };
    }
    return { lines: [`${service} was not healthy before the run: that it is now was not asked for`] };
  };

  async function waitUntilServing(context: MutationContext, service: string): Promise<void> {
    const { signal, progress } = context;
    const timeoutMs = config.maintenance.healthTimeout * 1000;
    const container = await containerOf(service);
    if (container === undefined) throw noContainer(service);
    if (service !== appService && service !== proxy) {
      await docker.waitUntilUp([container.id], { timeoutMs, signal, onProgress: progress });
      return;
    }
    // Docker asks a container's health check only now and then; what counts is what users get.
    for (const through of service === appService ? (['app', 'proxy'] as const) : (['proxy'] as const))
      await waitUntilHealthy(context, through);
  }

  async function containerOf(service: string): Promise<ProjectContainer | undefined> {
    return (await docker.projectContainers(config.project.name)).find((known) => known.service === service);
  }

  return { restartService, startAgain };
}

/** What a restart needs to know, and whether it would shut out users who are being served. */
export function restartReads(host: Host) {
  const { config, docker, app } = host;

  const surveyRestart: Read<
    { readonly service: 'app' | 'proxy' | { readonly named: string } },
    RestartSurvey
  > = async ({ signal }, { service: wanted }) => {
    const { services, maintenance } = config;
    const service = typeof wanted === 'object' ? wanted.named : (services[wanted] ?? services.app);
    const container = (await docker.projectContainers(config.project.name)).find(
      (known) => known.service === service,
    );
    return {
      service,
      startedAt: container?.state === 'running' ? container.startedAt : null,
      wasHealthy: (await app.checkHealth({ signal })).ok,
      users: await measureUsersServed(host, signal),
      // What a site has besides (a cache, a queue, a login service) serves its users in ways that nobody told.
      usersNeedIt: service !== services.backup,
      approvalTimeoutSeconds: maintenance.approvalTimeout,
      watchSeconds: maintenance.watch,
    };
  };

  return { surveyRestart };
}

function noContainer(service: string): OperationError {
  return new OperationError({
    code: 'NO_CONTAINER',
    operation: 'restartService',
    target: service,
    cause: 'the service has no container any more',
    hint: 'See who removed it, then start the run again.',
    retryable: true,
  });
}
