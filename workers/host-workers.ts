import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { Journal } from '../activities/adapters/journal/journal.ts';
import { removeDeadCopies } from '../activities/backups/deep-verification.ts';
import {
  messagesAsActivities,
  mutationsAsActivities,
  readsAsActivities,
} from '../activities/execution/as-activity.ts';
import { BEFORE_HOLD } from '../activities/execution/before-hold.ts';
import { holdActivities } from '../activities/execution/hold-mutations.ts';
import { createHostMutations } from '../activities/host-mutations.ts';
import { createHostReads } from '../activities/host-reads.ts';
import { lookReads } from '../activities/watch/host-looks.ts';
import { notificationMutations } from '../activities/watch/notifications.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { hostTaskQueue, machineTaskQueue } from '../workflows/contracts/task-queues.ts';
import { retireHostProcedure } from '../workflows/procedures/retire-host.ts';
import { composeHost } from './compose-host.ts';
import { recoverHolderOn } from './recover-holder.ts';
import { journalFile, lockFile } from './state-files.ts';

/** What the workers of one process have in common. */
export type Common = Pick<WorkerOptions, 'namespace'> & { readonly connection: NativeConnection };

/** The workers of a host, by their role. */
export interface HostWorkers {
  /** Takes work that is meant for this machine, whatever its name. */
  readonly machine: Worker;
  /** Takes work for the host's name; none on a machine that was replaced. */
  readonly host?: Worker;
}

/**
 * On the host: the activities, for the host's name and for the machine itself. A machine that another one has replaced
 * (`retireHost`) takes no work under its name, now and after a restart. A change under way gets time to end before a worker
 * stops.
 */
export async function hostWorkers(
  common: Common,
  config: HostConfig,
  { log, temporalAddress }: { readonly log: Logger; readonly temporalAddress: string },
): Promise<HostWorkers> {
  const host = await composeHost(config, temporalAddress);
  removeDeadCopies(host).then(
    (names) => names.length > 0 && log.info({ names }, 'removed throwaway copies that were left over'),
    (error: unknown) => log.warn({ error: String(error) }, 'throwaway copies were not looked for'),
  );
  const journal = new Journal(journalFile(config));
  const mutations = createHostMutations(host);
  const named: { worker?: Worker } = {};
  const standAside = () => {
    if (!isRetired(journal) || named.worker?.getState() !== 'RUNNING') return;
    log.warn(`this machine was replaced: it takes no more work as ${config.host.name}`);
    named.worker.shutdown();
  };
  const recoverHolder = recoverHolderOn(host, mutations, journal, lockFile(config));
  const activities = {
    ...readsAsActivities({ ...createHostReads(host), ...lookReads(host, journal) }, host.machineId),
    ...mutationsAsActivities(mutations, {
      journal,
      lockFile: lockFile(config),
      machineId: host.machineId,
      beforeHold: BEFORE_HOLD,
    }),
    ...messagesAsActivities(notificationMutations(host)),
    ...holdActivities(journal, host, recoverHolder, standAside),
  };
  const create = (taskQueue: string) =>
    Worker.create({
      ...common,
      taskQueue,
      activities,
      shutdownGraceTime: '30s',
      shutdownForceTime: '60s',
      maxHeartbeatThrottleInterval: '2s',
    });
  const machine = await create(machineTaskQueue(host.machineId));
  if (isRetired(journal)) {
    log.warn(`this machine was replaced: it takes no work as ${config.host.name}`);
    return { machine };
  }
  named.worker = await create(hostTaskQueue(config.host.name));
  return { machine, host: named.worker };
}

function isRetired(journal: Journal): boolean {
  return journal.openIncidents().some(({ procedure }) => procedure === retireHostProcedure.type);
}
