import type { SchemaBefore } from '../../workflows/contracts/schema-of.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { hasOtherSchema } from '../database/schema.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { imageMutations } from './images.ts';
import { isHeld, serviceStart } from './service-start.ts';
import { ENDED, serviceStop } from './service-stop.ts';
import { type Policy, startBlockMutations } from './start-block.ts';

/** Stopping, starting and holding down the services of the project. */
export function stackMutations(host: Host) {
  const { config, docker } = host;
  const { proxy } = config.services;
  const { blockStart, unblockStart } = startBlockMutations(host);
  const { startService, makeContainers, runsAsPlanned, waitUntilHealthy, keepFromRestarting } =
    serviceStart(host);
  const { stopTogether } = serviceStop(host);

  /**
   * Stops the first service (the proxy) and, once it has answered what it had, the others together. Changes: their
   * containers stop; they stay. Safe to repeat: what has ended stays as it is. A failure leaves some of them running.
   */
  const stopServices: Mutation<{ readonly services: readonly string[] }, null> = async (
    context,
    { services },
  ) => {
    const { effects, progress } = context;
    if (await isHeld(effects)) await keepFromRestarting(effects, ...services);
    const [first, ...others] = services;
    for (const together of [first === undefined ? [] : [first], others].filter((group) => group.length > 0)) {
      progress(`stopping ${together.join(', ')}`);
      await stopTogether(context, together);
    }
    return null;
  };

  /**
   * Starts services from the images that their tags point to, one after the other, and waits until each is up; with
   * `verify` also until the app answers healthy, and through the proxy when that is one of them. `make` are those that
   * start in a later step: where they changed their containers are made in the same call of compose, and do not run.
   * Changes: containers. Safe to repeat: what is up stays as it is.
   * While a change holds FDTS down they get the restart policy "no" before they first run: one that is made anew has the
   * policy of its compose file, with which it would start itself after a power failure.
   */
  const startServices: Mutation<
    { readonly services: readonly string[]; readonly make?: readonly string[]; readonly verify: boolean },
    null
  > = async (context, { services, make = [], verify }) => {
    if (make.length > 0 && (await isHeld(context.effects)))
      await makeContainers(context, await downOf([...new Set([...services, ...make])]));
    for (const service of services) await startService(context, service);
    if (!verify || context.effects.dryRun) return null;
    await waitUntilHealthy(context, 'app');
    if (proxy !== null && services.includes(proxy)) await waitUntilHealthy(context, 'proxy');
    return null;
  };

  /** One that runs is left alone: to make it anew would stop it before its time. */
  async function downOf(services: readonly string[]): Promise<readonly string[]> {
    const containers = await docker.projectContainers(config.project.name);
    const up = containers.filter(({ state }) => !ENDED.includes(state)).map(({ service }) => service);
    return services.filter((service) => !up.includes(service));
  }

  /**
   * Lets users in: everything that was stopped, in the order given. Changes: containers. What runs from its image already
   * stays as it is, and a power failure meanwhile ended it: then it is started. Safe to repeat.
   */
  const openToUsers: Mutation<{ readonly services: readonly string[] }, null> = async (
    context,
    { services },
  ) => {
    for (const service of services) {
      if (context.effects.dryRun || !(await runsAsPlanned(service))) await startService(context, service);
    }
    return null;
  };

  /**
   * After the cut-over: the old images with the current database, since users have written to it. Refuses when the new
   * version changed the schema, or its user_version: an old version must not run on it unseen. The proxy stops first:
   * users meet a closed door rather than a half, and it must look the app's new address up. Changes: tags and containers.
   * Safe to repeat.
   */
  const goBackToImages: Mutation<
    SchemaBefore & {
      readonly images: readonly { readonly image: string; readonly id: string }[];
      readonly services: readonly string[];
      readonly policies: readonly Policy[];
    },
    null
  > = async (context, { schemaHash, userVersion, images, services, policies }) => {
    if (await hasOtherSchema(host, { schemaHash, userVersion }, context.signal))
      throw schemaChanged(config.data.database, context.stamp);
    if (proxy !== null) await stopServices(context, { services: [proxy] });
    await imageMutations(host).switchImages(context, { images });
    await startServices(context, { services, verify: true });
    await unblockStart(context, { policies });
    return null;
  };

  return { blockStart, unblockStart, stopServices, startServices, openToUsers, goBackToImages };
}

function schemaChanged(database: string, stamp: string): OperationError {
  return new OperationError({
    code: 'SCHEMA_CHANGED',
    operation: 'goBackToImages',
    target: database,
    cause:
      'the new version changed the schema (or its user_version), and users have written to it since the cut-over',
    hint: `On the host, "sudo fdts-ops recover --finish" keeps the new version; then fdts-ops start rollbackMaintenance --input '{"run":"${stamp}"}' goes back, with the database of before after a gate that shows what was written since.`,
    retryable: false,
  });
}
