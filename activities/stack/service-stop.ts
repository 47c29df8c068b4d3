import { runCommand } from '../adapters/command/run-command.ts';
import { composeStop } from '../adapters/compose/compose.ts';
import { holdStackFile, settledServices } from '../adapters/compose/hold-stack.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Effects } from '../execution/effects.ts';
import type { MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

/** States of a container that does not run, and does not come up again by itself. */
export const ENDED: readonly string[] = ['created', 'exited', 'dead'];

/** Compose runs what a service has to do before it stops, one service after the other. */
const HOOKS_MS = 300_000;

/** What of the host a stop needs. */
export type StopHost = Pick<Host, 'config' | 'project'> & {
  readonly docker: Pick<Host['docker'], 'projectContainers' | 'stopContainer'>;
};

/** Stopping services in the least time that users wait for, without leaving out what compose does at a stop. */
export function serviceStop({ config, docker, project }: StopHost, holdFile: string = holdStackFile) {
  const timeoutSeconds = config.maintenance.stopTimeout;

  /**
   * Stops the containers of these services at the same time. What was settled when FDTS was held down stops by the
   * engine: compose has nothing to decide about it, and takes half a second to come up. The others stop by compose,
   * which runs their `pre_stop` hooks. Also when it is aborted: the engine goes on, and an undo must not start what is
   * still ending.
   */
  async function stopTogether(context: MutationContext, services: readonly string[]): Promise<void> {
    const { effects, signal } = context;
    const containers = (await docker.projectContainers(config.project.name)).filter(
      ({ service, state }) => services.includes(service) && !ENDED.includes(state),
    );
    const settled = await settledServices(holdFile);
    // A dry run holds nothing down, and lists what a run does that found everything settled.
    const byEngine = ({ id }: ProjectContainer): boolean =>
      effects.dryRun || settled.some(({ container }) => container === id);
    const left = containers.filter((container) => !byEngine(container));
    const stops = containers.filter(byEngine).map((container) => stopByEngine(effects, container));
    if (left.length > 0) stops.push(stopByCompose(context, left));
    const failed = (await Promise.allSettled(stops)).find(({ status }) => status === 'rejected');
    signal.throwIfAborted();
    if (failed?.status === 'rejected') throw failed.reason;
  }

  async function stopByEngine(effects: Effects, { id, name }: ProjectContainer): Promise<void> {
    await effects.perform(
      `docker stop --time ${timeoutSeconds} ${name}`,
      () => docker.stopContainer(id, timeoutSeconds),
      undefined,
    );
  }

  /** A compose file that cannot be read is no reason to leave a service running: then the engine stops it. */
  async function stopByCompose(
    { effects, signal }: MutationContext,
    containers: readonly ProjectContainer[],
  ): Promise<void> {
    const services = [...new Set(containers.map(({ service }) => service))];
    try {
      const stop = composeStop(await project(signal), services, { timeoutSeconds });
      const timeoutMs = HOOKS_MS + services.length * timeoutSeconds * 1000;
      const outputFolder = commandOutputFolder(config);
      await effects.perform(stop, () => runCommand(stop, { timeoutMs, outputFolder }), null);
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      await Promise.all(containers.map((container) => stopByEngine(effects, container)));
    }
  }

  return { stopTogether };
}
