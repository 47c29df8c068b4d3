import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { holdStackFile as holdFile, holdStack, releaseStack } from '../adapters/compose/hold-stack.ts';
import { startStackUnit } from '../adapters/compose/stack-unit.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { unitState } from '../adapters/machine/host-facts.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Effects } from '../execution/effects.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from './images.ts';
import { ENDED } from './service-stop.ts';
import { findSettled } from './settled-services.ts';

/** A service with the restart policy that it is to have. */
export interface Policy {
  readonly service: string;
  readonly policy: string;
}

/** Keeping FDTS from starting itself while it is stopped for a change, and letting it again. */
export function startBlockMutations(host: Host) {
  const { config, docker } = host;
  /**
   * Keeps FDTS from starting itself while it is stopped for a change, also through a reboot or an upgrade of Docker.
   * Changes: the hold file that `fdts.service` checks, and restart policies to `no`. Safe to repeat; a failure leaves a
   * part of it, which its undo takes back.
   */
  const blockStart: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) => {
    await effects.perform(
      `touch ${shellQuote(holdFile)}`,
      async () => holdStack(`fdts-ops run ${stamp}`, await findSettled(host, signal)),
      undefined,
    );
    for (const { id, name } of await docker.projectContainers(config.project.name)) {
      await effects.perform(
        `docker update --restart=no ${name}`,
        () => docker.setRestartPolicy(id, 'no'),
        undefined,
      );
    }
    return null;
  };

  /**
   * Gives the services their restart policies back and removes the hold file. What a boot meanwhile left out is made up
   * for: the project's unit counts as started, and of the services that users were let in by (`serving`) one that ended
   * is started, as its policy would have. Changes: policies, the hold file, containers. Safe to repeat.
   */
  const unblockStart: Mutation<
    { readonly policies: readonly Policy[]; readonly serving?: readonly string[] },
    null
  > = async ({ effects, stamp, signal }, { policies, serving = [] }) => {
    const containers = await docker.projectContainers(config.project.name);
    for (const { service, policy } of policies) {
      for (const { id, name } of containers.filter((container) => container.service === service)) {
        await effects.perform(
          `docker update --restart=${policy} ${name}`,
          () => docker.setRestartPolicy(id, policy),
          undefined,
        );
      }
    }
    await effects.perform(`rm -f ${shellQuote(holdFile)}`, () => releaseStack(), undefined);
    const { unit } = config.project;
    if (unit !== null && (await unitState(unit, signal)).state === 'inactive') {
      await effects.perform(
        `systemctl start ${unit}`,
        // FDTS runs and its containers start by themselves: a unit is no reason to take it down again.
        () => orTold(effects, startStackUnit({ run: runName(stamp), step: 'start-stack' }, unit, signal)),
        undefined,
      );
    }
    if (effects.dryRun) return null;
    for (const { id, name } of await endedOf(serving)) {
      // Whether FDTS serves is looked at next: one that ends at once is found there, and has its way back.
      const start = () => orTold(effects, docker.startContainer(id));
      await effects.perform(`docker start ${name}`, start, undefined);
    }
    return null;
  };

  async function endedOf(services: readonly string[]): Promise<readonly ProjectContainer[]> {
    const containers = await docker.projectContainers(config.project.name);
    return containers.filter(({ service, state }) => services.includes(service) && ENDED.includes(state));
  }

  return { blockStart, unblockStart };
}

async function orTold(effects: Effects, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    effects.commands.push(`# that failed: ${error.message}`);
  }
}
