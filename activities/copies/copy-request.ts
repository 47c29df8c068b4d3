import type { HostConfig } from '../../config/host-schema.ts';
import { runCommand } from '../adapters/command/run-command.ts';
import { composeConfig } from '../adapters/compose/compose.ts';
import { readComposeModel } from '../adapters/compose/model.ts';
import { type CopyPlace, copyPlace } from '../adapters/project-copy/copy-names.ts';
import { type CopyModel, type CopyRequest, rewriteModel } from '../adapters/project-copy/rewrite-model.ts';
import { dataNames } from '../database/data-names.ts';
import { databasePlaces } from '../database/database-places.ts';
import type { Host } from '../host.ts';

const CONFIG_TIMEOUT_MS = 60_000;

/** Where a copy of this run lies. */
export function placeOf({ backups, data, state }: HostConfig, stamp: string, purpose: string): CopyPlace {
  const { database, uploads } = data;
  return copyPlace({
    stamp,
    purpose,
    scratch: backups.scratch,
    stateFolder: state.folder,
    database,
    uploads,
  });
}

/** What a copy of the project is made from now: everything but its own place. */
export type LiveProject = Omit<CopyRequest, 'rules' | 'limits'> & {
  readonly volumeFolders: Readonly<Record<string, string>>;
  readonly dataNames: Readonly<Record<string, string>>;
  readonly live: {
    readonly containers: readonly string[];
    readonly mounts: readonly string[];
    readonly volumes: readonly string[];
  };
};

/** Reads the live project: resolved (secrets included, in memory only), its images and its mounts. */
export async function copyRequest(host: Host, signal: AbortSignal): Promise<LiveProject> {
  const { config, docker } = host;
  const { app, proxy } = config.services;
  const containers = await docker.projectContainers(config.project.name);
  const command = composeConfig(await host.project(signal));
  const resolved = (await runCommand(command, { timeoutMs: CONFIG_TIMEOUT_MS, signal })).stdout;
  const images: Record<string, string> = {};
  const { services } = readComposeModel(resolved);
  for (const [service, { image }] of Object.entries(services)) {
    const running = containers.find((container) => container.service === service);
    // Built without a name of its own: as compose v1 and as v2 would call it.
    const names = [`${config.project.name}_${service}`, `${config.project.name}-${service}`];
    for (const name of running === undefined ? (image === null ? names : [image]) : [running.imageId]) {
      const found = await docker.inspectImage(name);
      if (found !== null) images[service] = found.id;
    }
  }
  const mounts = containers.flatMap((container) => container.mounts);
  const volumes = mounts.filter(({ type, name }) => type === 'volume' && name !== null);
  const { healthUrl, proxyUrl, login, upload } = config.checks;
  return {
    resolved,
    liveName: config.project.name,
    wanted: [app, ...(proxy === null ? [] : [proxy])],
    urls: [healthUrl, ...(login === null ? [] : [login.url]), ...(upload === null ? [] : [upload.url])],
    optionalUrls: proxy !== null && proxyUrl.startsWith('http:') ? [proxyUrl] : [],
    images,
    dataNames: await dataNames(
      config.data,
      Object.values(services).flatMap((service) => service.mounts.map(({ source }) => source ?? '')),
    ),
    volumeFolders: Object.fromEntries(volumes.map(({ name, source }) => [name ?? '', source])),
    live: {
      containers: containers.map(({ name }) => name),
      mounts: mounts.map(({ source }) => source).filter((source) => source !== ''),
      volumes: volumes.map(({ name }) => name ?? ''),
    },
  };
}

/** The compose file of a copy; `images` in place of those of the live project. Throws `COPY_REFUSED`. */
export function copyModel(
  { config }: Pick<Host, 'config'>,
  { folder }: CopyPlace,
  { volumeFolders, dataNames: names, images, ...request }: LiveProject,
  otherImages: Readonly<Record<string, string>>,
): CopyModel {
  const { database, uploads } = config.data;
  return rewriteModel({
    ...request,
    images: { ...images, ...otherImages },
    rules: {
      folder,
      database,
      databasePlaces: databasePlaces(config),
      uploads,
      dataNames: names,
      emptyPaths: emptyPathsOf(config),
      volumeFolders,
    },
    limits: config.copies,
  });
}

/** What no copy gets with its content. */
export function emptyPathsOf({ backups, copies, state }: HostConfig): string[] {
  const { folder, external, scratch } = backups;
  return [folder, ...(external === null ? [] : [external]), scratch, state.folder, ...copies.emptyPaths];
}
