import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Client } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createControlReads, type KnownHost } from '../activities/control-reads.ts';
import { messagesAsActivities, readsAsActivities } from '../activities/execution/as-activity.ts';
import { endReads } from '../activities/execution/ends-of-runs.ts';
import { absenceMessages, absenceReads } from '../activities/watch/absent-worker.ts';
import { operatorMessages } from '../activities/watch/operator-messages.ts';
import { windowTiming } from '../client/schedules/planned-schedule.ts';
import type { ControlConfig, ControlHost } from '../config/control-schema.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { CONTROL_TASK_QUEUE } from '../workflows/contracts/task-queues.ts';
import { serveAlerts } from './alerts/alert-endpoint.ts';
import { requireKnownAnswers } from './alerts/require-known-answers.ts';
import { endLostAttempts } from './end-lost-attempts.ts';
import { endOfRun } from './end-of-run.ts';
import { serveHealth } from './health-endpoint.ts';
import { type Common, hostWorkers } from './host-workers.ts';
import { createLogger, installRuntime } from './logging.ts';
import { nextWindow } from './next-window.ts';
import { operatorChannels } from './notification-channels.ts';
import { progressOfRun } from './progress-of-run.ts';
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

/** Where the SDK looks for a server when none is configured. */
const DEFAULT_ADDRESS = 'localhost:7233';

/** Runs the workers of this process until SIGTERM or SIGINT; activities under way get time to end. */
export async function runWorkers(roles: Roles): Promise<void> {
  const names = [...(roles.control === null ? [] : ['control']), ...(roles.host === null ? [] : ['host'])];
  const log = createLogger(names.join('+'));
  installRuntime(log, roles.metricsPort);
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const temporalAddress = connectionOptions?.address ?? DEFAULT_ADDRESS;
  const connection = await NativeConnection.connect(connectionOptions ?? {});
  const common: Common = { connection, namespace: namespace ?? 'default' };
  const client = new Client({ connection, namespace: namespace ?? 'default' });
  const workers: Record<string, Worker> = {};
  if (roles.control !== null) workers['control'] = await controlWorker(common, roles.control, client);
  if (roles.host !== null)
    Object.assign(workers, await hostWorkers(common, roles.host, { log, temporalAddress }));
  if (roles.host !== null) await endLost(client, roles.host, log);
  const alerts = roles.control === null ? null : await answerByThemselves(client, roles.control);
  const health = await serveHealth(roles.healthPort, workers, roles.host?.file);
  log.info({ address: temporalAddress, healthPort: roles.healthPort }, 'workers are running');
  try {
    await Promise.all(Object.keys(workers).map((role) => runToItsEnd(workers, role)));
  } finally {
    health.close();
    alerts?.close();
    await connection.close();
  }
}

/** One that ended in order is no sick one: that of a machine which was replaced goes before the others. */
async function runToItsEnd(workers: Record<string, Worker>, role: string): Promise<void> {
  await workers[role]?.run();
  delete workers[role];
}

/** Where it does not work the server finds out by itself, later. */
async function endLost(client: Client, { host }: HostConfig, log: Logger): Promise<void> {
  const ended = await endLostAttempts(client, host.name).catch((error: unknown) => {
    log.warn({ error: String(error) }, 'the server was not told of lost attempts');
    return [];
  });
  if (ended.length > 0) log.warn({ ended }, 'attempts that an earlier worker died in are made again');
}

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
  const channels = operatorChannels(config.notifications);
  return Worker.create({
    ...common,
    taskQueue: CONTROL_TASK_QUEUE,
    ...code,
    activities: {
      ...readsAsActivities({
        ...createControlReads(config.hosts.map(knownHost)),
        ...endReads(
          (workflowId) => endOfRun(client, workflowId),
          (run) => progressOfRun(client, run),
        ),
        ...absenceReads((call) => waitOfCall(client, call)),
      }),
      ...messagesAsActivities({ ...absenceMessages(channels), ...operatorMessages(channels) }),
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

// A built program carries its bundle; in a checkout that is not built the sources are bundled at the start.
function workflowCode(): WorkflowCode {
  const built = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
  if (existsSync(built)) return { workflowBundle: { codePath: built } };
  return { workflowsPath: fileURLToPath(new URL('../workflows/index.ts', import.meta.url)) };
}
