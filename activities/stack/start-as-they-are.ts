import type { PackageUpgrade } from '../../workflows/contracts/window-plan.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { packageMutations } from '../upkeep/packages.ts';
import { serviceStart } from './service-start.ts';

/** Starting what was stopped, as it was. */
export function startAsTheyAreMutations(host: Host) {
  const { config, docker } = host;
  const { proxy } = config.services;

  /**
   * Starts the containers of these services as they are, one service after the other: nothing is made anew, so that an
   * image which somebody prepared meanwhile is not deployed by the way. With `verify` until the app answers, and through
   * the proxy when that is one of them. Changes: containers. Safe to repeat: what runs stays as it is.
   */
  const startAsTheyAre: Mutation<
    { readonly services: readonly string[]; readonly verify: boolean },
    null
  > = async (context, { services, verify }) => {
    const { effects, signal, progress } = context;
    const containers = await docker.projectContainers(config.project.name);
    for (const service of services) {
      const own = containers.filter((container) => container.service === service);
      progress(`starting ${service}`);
      for (const { id, name } of own)
        await effects.perform(`docker start ${name}`, () => docker.startContainer(id), undefined);
      if (effects.dryRun) continue;
      const timeoutMs = config.maintenance.healthTimeout * 1000;
      const ids = own.map(({ id }) => id);
      if (service !== config.services.app)
        await docker.waitUntilUp(ids, { timeoutMs, signal, onProgress: progress });
    }
    if (!verify || effects.dryRun) return null;
    const { waitUntilHealthy } = serviceStart(host);
    await waitUntilHealthy(context, 'app');
    if (proxy !== null && services.includes(proxy)) await waitUntilHealthy(context, 'proxy');
    return null;
  };

  /**
   * Brings FDTS back after the weekly maintenance changed something beside it: an upgrade under way comes to its end,
   * services that ended are started, an app that does not answer is restarted once. Changes: containers; packages stay.
   * Safe to repeat.
   */
  const bringBack: Mutation<
    { readonly upgrades: readonly PackageUpgrade[]; readonly services: readonly string[] },
    { readonly lines: readonly string[] }
  > = async (context, { upgrades, services }) => {
    const { effects, signal } = context;
    const { lines } =
      upgrades.length === 0
        ? { lines: [] }
        : await packageMutations(host).settlePackages(context, { upgrades, keepServing: true });
    await startAsTheyAre(context, { services, verify: false });
    if (effects.dryRun || (await host.app.checkHealth({ signal })).ok) return { lines };
    for (const { id, name, service } of await docker.projectContainers(config.project.name)) {
      if (service !== config.services.app) continue;
      const restart = () => docker.stopContainer(id, config.maintenance.stopTimeout);
      await effects.perform(`docker restart ${name}`, restart, undefined);
    }
    await startAsTheyAre(context, { services, verify: true });
    return { lines };
  };

  return { startAsTheyAre, bringBack };
}
