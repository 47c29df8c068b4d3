import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { Journal } from '../activities/adapters/journal/journal.ts';
import { removeDeadCopies } from '../activities/backups/deep-verification.ts';
import { createControlReads, type KnownHost } from '../activities/control-reads.ts';
import {
  messagesAsActivities,
  mutationsAsActivities,
  readsAsActivities,
} from '../activities/execution/as-activity.ts';
import { BEFORE_HOLD } from '../activities/execution/before-hold.ts';
import { endReads } from '../activities/execution/ends-of-runs.ts';
import { holdActivities } from '../activities/execution/hold-mutations.ts';
import { createHostMutations } from '../activities/host-mutations.ts';
import { createHostReads } from '../activities/host-reads.ts';
import { absenceMessages, absenceReads } from '../activities/watch/absent-worker.ts';
import { lookReads } from '../activities/watch/host-looks.ts';
import { notificationMutations } from '../activities/watch/notifications.ts';
import { windowTiming } from '../client/schedules/planned-schedule.ts';
import type { ControlConfig, ControlHost } from '../config/control-schema.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { CONTROL_TASK_QUEUE, hostTaskQueue } from '../workflows/contracts/task-queues.ts';
import { serveAlerts } from './alerts/alert-endpoint.ts';
import { requireKnownAnswers } from './alerts/require-known-answers.ts';
import { composeHost } from './compose-host.ts';
import { endLostAttempts } from './end-lost-attempts.ts';
import { endOfRun } from './end-of-run.ts';
import { serveHealth } from './health-endpoint.ts';
import { createLogger, installRuntime } from './logging.ts';
import { nextWindow } from './next-window.ts';
import { operatorChannels } from './notification-channels.ts';
import { recoverHolderOn } from './recover-holder.ts';
import { requireFittingRuns, type WorkflowCode } from './require-fitting-runs.ts';
import { waitOfCall } from './wait-of-call.ts';
import { passAlert, watchHosts } from './watch-hosts.ts';

/** Which roles one process has, by their configuration. */
export interface Roles {
  readonly control: ControlConfig | null;
  readonly host: HostConfig | null;
  readonly healthPort: number;
  readonly metricsPort: number | null;
}

/** Runs the workers of this process until SIGTERM or SIGINT; activities under way get time to end. */
export async function runWorkers(roles: Roles): Promise<void> {
  const names = [...(roles.control === null ? [] : ['control']), ...(roles.host === null ? [] : ['host'])];
  const log = createLogger(names.join('+'));
  installRuntime(log, roles.metricsPort);
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions ?? {});
  const common: Common = { connection, namespace: namespace ?? 'default' };
  const client = new Client({ connection, namespace: namespace ?? 'default' });
  const workers: Record<string, Worker> = {};
  if (roles.control !== null) workers['control'] = await controlWorker(common, roles.control, client);
  if (roles.host !== null) workers['host'] = await hostWorker(common, roles.host, log);
  if (roles.host !== null) await endLost(client, roles.host, log);
  const alerts = roles.control === null ? null : await answerByThemselves(client, roles.control);
  const health = await serveHealth(roles.healthPort, workers);
  log.info(
    { address: connectionOptions?.address ?? 'localhost:7233', healthPort: roles.healthPort },
    'workers are running',
  );
  try {
    await Promise.all(Object.values(workers).map((worker) => worker.run()));
  } finally {
    health.close();
    alerts?.close();
    await connection.close();
  }
}

type Log = ReturnType<typeof createLogger>;

/** Where it does not work the server finds out by itself, later. */
async function endLost(client: Client, { host }: HostConfig, log: Log): Promise<void> {
  const ended = await endLostAttempts(client, host.name).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'the server was not told of lost attempts');
    return [];
  });
  if (ended.length > 0) log.warn({ ended }, 'attempts that an earlier worker died in are made again');
}

type Common = Pick<WorkerOptions, 'namespace'> & { readonly connection: NativeConnection };

/** Has the hosts watched, and takes alerts from outside for them. */
async function answerByThemselves(client: Client, config: ControlConfig) {
  requireKnownAnswers(config);
  await watchHosts(client, config);
  return serveAlerts(config, ({ host, alert }) => passAlert(client, host, alert));
}

/** Near the server: the workflows, and what only it can see. */
async function controlWorker(common: Common, config: ControlConfig, client: Client): Promise<Worker> {
  const code = workflowCode();
  await requireFittingRuns(client, code);
  return Worker.create({
    ...common,
    taskQueue: CONTROL_TASK_QUEUE,
    ...code,
    activities: {
      ...readsAsActivities({
        ...createControlReads(config.hosts.map(knownHost)),
        ...endReads((workflowId) => endOfRun(client, workflowId)),
        ...absenceReads((call) => waitOfCall(client, call)),
      }),
      ...messagesAsActivities(absenceMessages(operatorChannels(config.notifications))),
    },
    shutdownGraceTime: '10s',
  });
}

function knownHost(host: ControlHost): KnownHost {
  const timing = windowTiming(host);
  return {
    ...host,
    workerAwaySeconds: host.workerAwayAfter,
    nextWindow: (after, seconds) => nextWindow(timing, after, seconds),
  };
}

/** On the host: the activities. A change under way gets time to end before the worker stops. */
async function hostWorker(common: Common, config: HostConfig, log: Log): Promise<Worker> {
  const host = await composeHost(config);
  removeDeadCopies(host).then(
    (names) => names.length > 0 && log.info({ names }, 'removed throwaway copies that were left over'),
    (error: unknown) => log.warn({ error: String(error) }, 'throwaway copies were not looked for'),
  );
  const journal = new Journal(journalFile(config));
  const mutations = createHostMutations(host);
  return Worker.create({
    ...common,
    taskQueue: hostTaskQueue(config.host.name),
    activities: {
      ...readsAsActivities({ ...createHostReads(host), ...lookReads(host, journal) }, host.machineId),
      ...mutationsAsActivities(mutations, {
        journal,
        lockFile: lockFile(config),
        machineId: host.machineId,
        beforeHold: BEFORE_HOLD,
      }),
      ...messagesAsActivities(notificationMutations(host)),
      ...holdActivities(journal, host, recoverHolderOn(host, mutations, journal, lockFile(config))),
    },
    shutdownGraceTime: '30s',
    shutdownForceTime: '60s',
    maxHeartbeatThrottleInterval: '2s',
  });
}

/** Where the host's journal lies. */
export function journalFile(config: HostConfig): string {
  return path.join(config.state.folder, 'journal.sqlite');
}

/** The lock that one change at a time holds. */
export function lockFile(config: HostConfig): string {
  return path.join(config.state.folder, 'host.lock');
}

// A built program carries its bundle; in a checkout that is not built the sources are bundled at the start.
function workflowCode(): WorkflowCode {
  const built = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(built)) return { workflowBundle: { codePath: built } };
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) };
}
