import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { RestoreSurvey } from '../../workflows/contracts/restore-plan.ts';
import { isStackHeld } from '../adapters/compose/hold-stack.ts';
import type { ComposeModel } from '../adapters/compose/model.ts';
import type { DatabaseInspection } from '../adapters/data-owner/operations/inspect-database.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { ReadContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { readModel } from '../stack/images.ts';
import { databaseMountCheck, type Mounting } from './database-mount.ts';
import { integrityOf } from './integrity.ts';
import { projectFilesOf } from './plan-check.ts';
import { stopChecks } from './privilege-checks.ts';
import { closedDoors, serviceStates, stopOrder } from './survey.ts';
import { usersOfData } from './users-of-data.ts';

/** What whoever stops FDTS to exchange its data or its images works with, whatever state FDTS is in. */
export async function surveyStop(
  host: Host,
  context: ReadContext,
): Promise<Omit<RestoreSurvey, 'archive' | 'hasManifest' | 'lastDowntimeSeconds'>> {
  const { config, docker, app } = host;
  const { signal } = context;
  const containers = await docker.projectContainers(config.project.name);
  const { tool } = await host.project(signal);
  const live = await inspectLive(host, signal);
  const order = await usersOfData(host, containers);
  const running = new Set(
    containers.filter(({ state }) => state === 'running').map(({ service }) => service),
  );
  const { app: appService, proxy } = config.services;
  const must = proxy === null ? [appService] : [appService, proxy];
  // On a machine that never ran FDTS everything is started that the compose file names.
  const model = containers.length === 0 ? await readModel(host, signal) : null;
  const wanted =
    model !== null ? Object.keys(model.services) : order.filter((service) => running.has(service));
  return {
    checks: [
      liveCheck(live),
      await databaseMountCheck(host, model === null ? containers : mountingIn(model)),
      ...(await stopChecks(host, signal)),
      ...closedDoors(host, containers),
      {
        name: 'compose',
        status: 'pass',
        expected: 'one that is installed',
        got: `${tool.argv.join(' ')} ${tool.version}`,
      },
    ],
    services: await serviceStates(host.docker, containers),
    projectFiles: await projectFilesOf(config),
    stopOrder: stopOrder(order, proxy),
    startOrder: [...new Set([...must, ...wanted])],
    ranBefore: order.filter((service) => running.has(service)),
    policies: await policiesOf(host, containers, [...must, ...wanted], context),
    app: appService,
    wasHealthy: (await app.checkHealth({ signal })).ok,
    ...schemaOf(live),
    approvalTimeoutSeconds: config.maintenance.approvalTimeout,
    watchSeconds: config.maintenance.watch,
  };
}

/** Seconds of downtime that the last completed run of a procedure measured; null when there was none. */
export async function lastDowntime(reports: Host['reports'], procedure: string): Promise<number | null> {
  const past = await reports.ofProcedure(procedure);
  return (
    past.find(({ downtimeSeconds, outcome }) => downtimeSeconds !== null && outcome === 'completed')
      ?.downtimeSeconds ?? null
  );
}

function mountingIn({ services }: ComposeModel): Mounting[] {
  return Object.entries(services).map(([service, { mounts }]) => ({
    service,
    mounts: mounts.map(({ source, readOnly }) => ({ source: source ?? '', readOnly })),
  }));
}

type LiveDatabase = { readonly inspected: DatabaseInspection } | { readonly problem: string };

async function inspectLive({ config, data }: Host, signal: AbortSignal): Promise<LiveDatabase> {
  try {
    const { database } = config.data;
    return { inspected: await data.inspectDatabase({ database, full: false }, { signal }) };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    return { problem: error.message };
  }
}

/** One whose schema is damaged has none that could be compared. */
function schemaOf(live: LiveDatabase): { schemaHash: string | null; userVersion: number | null } {
  if ('problem' in live || Object.keys(live.inspected.tables).length === 0)
    return { schemaHash: null, userVersion: null };
  const { schemaHash, userVersion } = live.inspected;
  return { schemaHash, userVersion };
}

function liveCheck(live: LiveDatabase): CheckResult {
  const { status, got } =
    'problem' in live ? { status: 'fail', got: live.problem } : integrityOf(live.inspected);
  return {
    name: 'the live database can be read',
    // No reason to refuse: it may be why somebody restores.
    status: status === 'pass' ? 'pass' : 'not proven',
    expected: 'quick check ok',
    got,
    ...(status === 'pass' ? {} : { answer: 'the restore goes on; what can be read is salvaged' }),
  };
}

async function policiesOf(
  host: Host,
  containers: Awaited<ReturnType<Host['docker']['projectContainers']>>,
  services: readonly string[],
  { signal }: ReadContext,
): Promise<RestoreSurvey['policies']> {
  // An earlier run that could not let FDTS start itself again left every container with "no".
  const kept = (await isStackHeld()) ? [] : containers;
  const known = kept.map(({ service, restartPolicy }) => ({ service, policy: restartPolicy }));
  const all = [...services, ...containers.map(({ service }) => service)];
  const missing = all.filter((service) => !known.some((policy) => policy.service === service));
  if (missing.length === 0) return known;
  const model = await readModel(host, signal);
  return [
    ...known,
    ...[...new Set(missing)].map((service) => ({
      service,
      policy: model.services[service]?.restart ?? 'no',
    })),
  ];
}
