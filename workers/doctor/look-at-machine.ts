import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAppClient } from '../../activities/adapters/app/app-client.ts';
import { checkHealth } from '../../activities/adapters/app/check-health.ts';
import { rootTaskProgram } from '../../activities/adapters/command/root-task.ts';
import { holdStackFile } from '../../activities/adapters/compose/hold-stack.ts';
import { installedComposeTools } from '../../activities/adapters/compose/tool.ts';
import { createDataOwner } from '../../activities/adapters/data-owner/run-as-owner.ts';
import { connectDocker } from '../../activities/adapters/docker/docker.ts';
import { timezone, unitFiles, unitState } from '../../activities/adapters/machine/host-facts.ts';
import {
  folderBytes,
  mayAccess,
  type PathFacts,
  pathFacts,
  userByName,
} from '../../activities/adapters/site/path-facts.ts';
import { timeLimit } from '../../activities/adapters/time-limit.ts';
import { externalNotApart } from '../../activities/backups/external-storage.ts';
import { mountersOfFile } from '../../activities/survey/database-mount.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import { appOptions, DOCKER_SOCKET } from '../compose-host.ts';
import { fileMark } from '../health-endpoint.ts';
import { configuredPlaces } from './configured-places.ts';
import type { MachineFacts, Problem } from './machine-facts.ts';

const WORKER_USER = 'fdts-ops';
/** A backup says the same as often as it is made: doctor does not wait for millions of uploads. */
const LOOK_TIMEOUT_MS = 60_000;

/** Looks at everything that a configuration names. Needs root; changes nothing, but for one login, and with `smoke` one file up and down. */
export async function lookAtMachine(config: HostConfig, smoke: boolean): Promise<MachineFacts> {
  const docker = connectDocker(DOCKER_SOCKET);
  const everything = await docker.composeContainers().catch(() => []);
  const { files, ownFolders } = configuredPlaces(config);
  const paths = Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await pathFacts(file)] as const)),
  );
  const app = createAppClient(appOptions(config));
  const containers = everything.filter(({ project }) => project === config.project.name);
  const data = createDataOwner({ owner: config.data.owner, pace: 'gentle' });
  return {
    paths,
    notWritable: await notWritable(config, ownFolders, paths),
    projects: [...new Set(everything.map(({ project }) => project))].sort(),
    containers,
    composeTools: await installedComposeTools(),
    liveRestore: await docker.engineInfo().then(
      (info) => info.liveRestore,
      () => null,
    ),
    unit: await unitFacts(config.project.unit),
    database: await orProblem(() => data.inspectDatabase({ database: config.data.database, full: false })),
    databaseMounters: await mountersOfFile(config.data.database, containers),
    uploads: await orProblem(() =>
      data.lookThroughUploads(
        { uploads: config.data.uploads, without: config.data.uploadsExclude },
        { signal: timeLimit(LOOK_TIMEOUT_MS) },
      ),
    ),
    restoreObstacles: await orProblem(() => data.lookForObstacles(restorePlace(config))),
    externalNotApart: await externalNotApart(config),
    dataBytes: await dataBytes(config),
    health: await app.checkHealth(),
    proxyHealth: await app.checkHealth({ through: 'proxy' }),
    login: config.checks.login === null ? null : await works(() => app.login()),
    upload:
      config.checks.upload === null || !smoke
        ? null
        : await works(() => app.uploadAndDownload({ runId: `doctor-${Date.now()}` })),
    canWorkerReadPassword: await canWorkerRead(config.checks.login?.passwordFile),
    timezone: await timezone(),
    rootTaskFits: await rootTaskFits(),
    worker: await checkHealth({
      url: `http://127.0.0.1:${config.worker.healthPort}/healthz`,
      versionField: 'configuration',
      timeoutMs: 3000,
    }),
    configuration: await fileMark(config.file),
  };
}

/** As a run would have it: it sets aside beside the database. */
function restorePlace({ data }: HostConfig) {
  const { database, uploads, uploadsExclude: without } = data;
  return { database, uploads, without, asideDir: path.join(path.dirname(database), '.fdts-ops-doctor') };
}

async function notWritable(
  { data }: HostConfig,
  folders: readonly string[],
  paths: Readonly<Record<string, PathFacts>>,
): Promise<string[]> {
  const there = folders.filter((folder) => paths[folder]?.kind === 'folder');
  const may = await Promise.all(there.map((folder) => mayAccess(data.owner, 'write', folder)));
  return there.filter((_, index) => may[index] === false);
}

async function unitFacts(unit: string | null): Promise<MachineFacts['unit']> {
  if (unit === null) return null;
  const { state } = await unitState(unit).catch(() => ({ state: 'not-found' }));
  return { state, holds: (await unitFiles(unit)).includes(`ConditionPathExists=!${holdStackFile}`) };
}

async function dataBytes({ data }: HostConfig): Promise<number | null> {
  const sizes = await Promise.all([data.database, data.uploads].map(folderBytes));
  return sizes.reduce<number | null>(
    (sum, bytes) => (sum === null || bytes === null ? null : sum + bytes),
    0,
  );
}

async function canWorkerRead(file: string | undefined): Promise<boolean> {
  const user = await userByName(WORKER_USER);
  return file === undefined || user === null || (await mayAccess(user, 'read', file));
}

/** The one that came with this program, in a checkout or as installed. */
async function rootTaskFits(): Promise<boolean | null> {
  const here = path.dirname(fileURLToPath(import.meta.url));
  for (const up of ['../..', '../../..']) {
    const own = path.join(here, up, 'packaging/root-task');
    const isThere = await access(own).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const installed = await readFile(rootTaskProgram, 'utf8').catch(() => null);
    return installed === null ? null : installed === (await readFile(own, 'utf8'));
  }
  return null;
}

async function works(attempt: () => Promise<unknown>): Promise<'works' | Problem> {
  return orProblem(async () => {
    await attempt();
    return 'works' as const;
  });
}

async function orProblem<Answer>(attempt: () => Promise<Answer>): Promise<Answer | Problem> {
  try {
    return await attempt();
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const hint = error instanceof Error && 'hint' in error ? String(error.hint) : '';
    return { problem, hint };
  }
}
