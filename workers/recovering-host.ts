import { acquireHostLock } from '../activities/adapters/journal/host-lock.ts';
import type { Host } from '../activities/host.ts';
import type { createHostMutations } from '../activities/host-mutations.ts';
import { checkServing } from '../activities/watch/serving.ts';
import type { RecoveringHost } from './recover.ts';

/** What a recovery of this host works with; without services of the run's own, app and proxy have to serve. */
export function recoveringHost(
  host: Host,
  mutations: ReturnType<typeof createHostMutations>,
  lockFile: string,
): RecoveringHost {
  const { app, proxy } = host.config.services;
  const usual = [app, proxy].filter((name) => name !== null);
  return {
    mutations,
    machineId: host.machineId,
    takeLock: (signal, onWait) => acquireHostLock(lockFile, signal, onWait),
    checkServing: async (services, signal) =>
      checkServing(host, services.length > 0 ? services : usual, signal, () => undefined),
  };
}
