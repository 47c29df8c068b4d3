import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { FreezeState } from '../../workflows/contracts/freeze.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import type { ServiceState, WindowSurvey } from '../../workflows/contracts/window-plan.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { backupReads } from '../backups/backups.ts';
import { freezeState } from '../execution/freezes.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { healthReads } from './health-checks.ts';
import { projectFilesOf } from './plan-check.ts';
import { privilegeChecks } from './privilege-checks.ts';
import { serviceChecks } from './service-checks.ts';
import { usersOfData } from './users-of-data.ts';

/** Finding out what is on the host before anything is changed. */
export function surveyReads(host: Host) {
  const { config, docker, app, data, reports, machineId } = host;

  /** Which machine answers under this host's name, and whether a freeze is on. */
  const identifyHost: Read<
    { readonly name: string },
    { readonly machineId: string; readonly freeze?: FreezeState }
  > = async () => ({ machineId, freeze: freezeState(config, Date.now()) });

  /** Everything that a window needs, checked; and what it will work with. */
  const surveyHost: Read<Record<string, never>, WindowSurvey> = async (context) => {
    const containers = await docker.projectContainers(config.project.name);
    const project = await host.project(context.signal);
    const health = await app.checkHealth({ signal: context.signal });
    const database = await data.inspectDatabase(
      { database: config.data.database, full: false },
      { signal: context.signal },
    );
    const order = await usersOfData(host, containers);
    const running = new Set(
      containers.filter(({ state }) => state === 'running').map(({ service }) => service),
    );
    const services = await serviceChecks(host, context.signal);
    const checks: CheckResult[] = [
      ...services.own,
      // A window may be what mends them.
      ...services.others.map(noReasonToRefuse),
      ...(await healthReads(host).checkHealth(context, {})).checks,
      ...(await healthReads(host).checkDisk(context, {})).checks,
      ...(await backupReads(host).surveyBackup(context, { withCopy: config.maintenance.rehearse })).checks,
      // The window makes and verifies a backup of its own before it stops anything: an older one is a second way back.
      ...(await backupReads(host).checkBackups(context, {})).checks.map(noReasonToRefuse),
      ...(await privilegeChecks(host, context.signal)),
      ...closedDoors(host, containers),
      {
        name: 'compose',
        status: 'pass',
        expected: 'the one that made the containers',
        got: `${project.tool.argv.join(' ')} ${project.tool.version}`,
      },
    ];
    const last = await lastWindow(reports);
    return {
      checks,
      services: await serviceStates(docker, containers),
      projectFiles: await projectFilesOf(config),
      stopOrder: stopOrder(order, config.services.proxy),
      // What did not run before is neither started nor waited for.
      startOrder: order.filter((service) => running.has(service)),
      app: config.services.app,
      proxy: config.services.proxy,
      appVersion: health.version,
      database: {
        bytes: database.bytes,
        schemaHash: database.schemaHash,
        userVersion: database.userVersion,
        tables: coreRows(database.tables, config.data.coreTables),
      },
      lastDowntimeSeconds: last?.downtimeSeconds ?? null,
      approvalTimeoutSeconds: config.maintenance.approvalTimeout,
      windowSeconds: config.maintenance.window,
      watchSeconds: config.maintenance.watch,
      upgradePackages: config.maintenance.packages.upgrade,
      rehearse: config.maintenance.rehearse,
      stepSeconds: last === null ? {} : secondsOfSteps(last),
      rollbackSeconds: config.maintenance.stopTimeout + config.maintenance.healthTimeout,
    };
  };

  return { identifyHost, surveyHost };
}

/** What is wrong is told, at the gate too, and is no reason to refuse the run. */
export function noReasonToRefuse(check: CheckResult): CheckResult {
  return check.status === 'fail' ? { ...check, status: 'not proven' } : check;
}

/** The proxy first, so that no user is cut off in the middle of an answer. */
export function stopOrder(order: readonly string[], proxy: string | null): string[] {
  const others = order.filter((service) => service !== proxy).toReversed();
  return proxy === null ? others : [proxy, ...others];
}

/** The app's own port must not be open to users: they could come in past the stopped proxy. */
export function closedDoors({ config }: Host, containers: readonly ProjectContainer[]): CheckResult[] {
  const app = containers.find(({ service }) => service === config.services.app);
  const open = (app?.publishedPorts ?? []).filter(({ hostIp }) => !['127.0.0.1', '::1'].includes(hostIp));
  if (config.services.proxy === null) return [noProxy];
  return [
    {
      name: 'users reach the app only through the proxy',
      status: open.length === 0 ? 'pass' : 'not proven',
      expected: 'no port of the app published beyond loopback',
      got:
        open.length === 0
          ? 'none'
          : open.map(({ hostIp, published }) => `${hostIp || '*'}:${published}`).join(', '),
      answer: 'publish it on 127.0.0.1 in the compose file, or be sure that users do not use it',
    },
  ];
}

const noProxy: CheckResult = {
  name: 'users are shut out until the cut-over',
  status: 'not proven',
  expected: 'a proxy among the services (services.proxy), which is started last',
  got: 'none: users can come in as soon as the app starts',
  answer: 'let users in through a service of the project, or shut them out by hand for the window',
};

/** Each service with its container, and where the name of its image points to. */
export function serviceStates(
  docker: Pick<Host['docker'], 'inspectImage'>,
  containers: readonly ProjectContainer[],
): Promise<readonly ServiceState[]> {
  return Promise.all(
    containers.map(async ({ service, name, imageName, imageId, restartPolicy, state }) => {
      const taggedId = (await docker.inspectImage(imageName))?.id ?? null;
      return { service, container: name, image: imageName, imageId, taggedId, restartPolicy, state };
    }),
  );
}

function coreRows(
  tables: Readonly<Record<string, number>>,
  names: readonly string[],
): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, tables[name] ?? 0]));
}

async function lastWindow(reports: Host['reports']): Promise<RunReport | null> {
  const past = await reports.ofProcedure('plannedMaintenance');
  return (
    past.find(({ downtimeSeconds, outcome }) => downtimeSeconds !== null && outcome === 'completed') ?? null
  );
}

/** What each step of a run took; a gate takes as long as a person does, which says nothing. */
function secondsOfSteps({ steps }: Pick<RunReport, 'steps'>): Record<string, number> {
  return Object.fromEntries(
    steps.flatMap(({ id, kind, status, startedAt, endedAt }) =>
      kind === 'gate' || status !== 'done' || startedAt === undefined || endedAt === undefined
        ? []
        : [[id, (endedAt - startedAt) / 1000]],
    ),
  );
}
