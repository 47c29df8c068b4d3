import { hostname } from 'node:os';
import { createDataOwner } from '../../activities/adapters/data-owner/run-as-owner.ts';
import { connectDocker } from '../../activities/adapters/docker/docker.ts';
import type { ComposeContainer } from '../../activities/adapters/docker/projects.ts';
import { timezone } from '../../activities/adapters/machine/host-facts.ts';
import { envFilesOf } from '../../activities/adapters/site/env-files.ts';
import { examineFolder, type FoundDatabase } from '../../activities/adapters/site/examine-folder.ts';
import { findHealth } from '../../activities/adapters/site/find-health.ts';
import { findUnits } from '../../activities/adapters/site/find-units.ts';
import { mountPoint } from '../../activities/adapters/site/mount-point.ts';
import { withRealMounts } from '../../activities/adapters/site/real-path.ts';
import { DOCKER_SOCKET } from '../compose-host.ts';
import { chooseData } from './choose-data.ts';
import { chooseProject } from './choose-project.ts';
import { chooseRoles } from './choose-roles.ts';
import { httpOrigins } from './http-origins.ts';
import type { SiteFacts } from './site-facts.ts';

/** Mounted by tools of the host, never data of an app, and endless to look through. */
const OF_THE_SYSTEM =
  /^\/$|^\/(proc|sys|dev|run|etc|usr|boot|lib|bin|sbin|var\/run)(\/|$)|^\/var\/(lib|log)(\/docker)?$/;

/**
 * Looks at everything on this host that a first configuration needs to know. Reads only: no file is opened but
 * databases (their first bytes, then as their owner), compose files and units; env files are named, not opened.
 */
export async function surveySite(wanted: string | undefined): Promise<SiteFacts> {
  const everything = await connectDocker(DOCKER_SOCKET).composeContainers();
  const project = chooseProject(everything, wanted);
  // By their real paths, as the configuration has to have them: a restore goes through no link.
  const containers = await withRealMounts(everything.filter((container) => container.project === project));
  const folder = containers.find(({ projectFolder }) => projectFolder !== null)?.projectFolder ?? '/';
  const folders = await Promise.all(mountedPlaces(containers).map((place) => examineFolder(place)));
  const places = chooseData(containers, folders);
  const roles = chooseRoles(containers, places.database?.file ?? null, places.backups?.folder ?? null);
  const composeFiles = [...new Set(containers.flatMap((container) => container.composeFiles))];
  const ofService = (service: string | undefined) => containers.filter((one) => one.service === service);
  const app = ofService(roles.app?.service);
  const health = await findHealth(
    httpOrigins(app),
    app.flatMap(({ healthPaths }) => healthPaths),
  );
  return {
    hostname: hostname(),
    timezone: await timezone(),
    project,
    folder,
    mount: await mountPoint(folder),
    containers,
    folders,
    roles,
    places,
    ...(await tablesOf(places.database)),
    units: await findUnits(folder),
    envFiles: roles.app === null ? [] : await envFilesOf(folder, composeFiles, roles.app.service),
    health,
    proxyHealth: await findHealth(
      roles.proxy === null
        ? ['http://127.0.0.1', 'https://127.0.0.1']
        : httpOrigins(ofService(roles.proxy.service)),
      health.found === null ? [] : [new URL(health.found.url).pathname],
    ),
  };
}

function mountedPlaces(containers: readonly ComposeContainer[]): string[] {
  const sources = containers.flatMap(({ mounts }) => mounts.map(({ source }) => source));
  return [...new Set(sources)].filter((source) => source !== '' && !OF_THE_SYSTEM.test(source)).sort();
}

async function tablesOf(
  database: FoundDatabase | null,
): Promise<Pick<SiteFacts, 'tables' | 'databaseProblem'>> {
  if (database === null) return { tables: null, databaseProblem: null };
  const { file, uid, gid } = database;
  try {
    const owner = createDataOwner({ owner: { uid, gid }, pace: 'gentle' });
    const { tables } = await owner.inspectDatabase({ database: file, full: false });
    return { tables: Object.keys(tables), databaseProblem: null };
  } catch (error) {
    return { tables: null, databaseProblem: error instanceof Error ? error.message : String(error) };
  }
}
