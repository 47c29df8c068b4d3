import path from 'node:path';
import { withOwnOverride } from '../adapters/compose/override.ts';
import type { BundleFacts } from '../adapters/configuration-bundle/bundle-inventory.ts';
import type { KeyConfig } from '../adapters/configuration-bundle/bundle-key.ts';
import type { Excluded } from '../adapters/configuration-bundle/bundle-source.ts';
import type { CollectPlan } from '../adapters/configuration-bundle/plan-bundle.ts';
import { sourcesOfProject } from '../adapters/configuration-bundle/sources-of-project.ts';
import { unitFiles } from '../adapters/machine/unit-files.ts';
import { realPath } from '../adapters/site/real-path.ts';
import { liesBesideProject } from '../database/database-places.ts';
import type { Host } from '../host.ts';
import { readModel } from '../stack/images.ts';

/** Whether this host's configuration says how a bundle is encrypted. */
export function isBundleConfigured({ bundle }: Host['config']): boolean {
  return (
    bundle.recipients.length > 0 || bundle.passphraseFile !== undefined || bundle.passphraseEnv !== undefined
  );
}

/** How it is encrypted. A passphrase from the environment is on its way to the child process only. */
export function bundleKeyOf({ bundle }: Host['config']): KeyConfig {
  const { recipients, identityFile, passphraseFile = null, passphraseEnv } = bundle;
  const passphrase = passphraseEnv === undefined ? null : (process.env[passphraseEnv] ?? null);
  return { recipients, identityFile, passphraseFile, passphrase };
}

/** What a bundle of this host takes, by its compose project and its configuration. */
export async function bundleContents(host: Host, signal: AbortSignal): Promise<CollectPlan> {
  const { config } = host;
  const { envFile, unit } = config.project;
  const composeFiles = await withOwnOverride(config.project.composeFiles);
  const excluded = await byRealPath(noConfiguration(config));
  const places = {
    composeFiles,
    envFile,
    unitFiles: unit === null ? [] : await unitFiles(unit, signal),
    ownConfig: config.file,
    scripts: config.emergency.scripts,
    backupScript: config.backups.command?.hostScript ?? null,
    extra: config.bundle.paths,
  };
  const mostBytes = config.bundle.maxFolderMegabytes * 1024 * 1024;
  return {
    ...sourcesOfProject(await readModel(host, signal), places, excluded),
    excluded,
    composeFiles,
    mostBytes,
  };
}

/** What runs now: the inventory in the bundle names it, so that the same can be brought up elsewhere. */
export async function bundleFacts(
  { config, docker, project, machineId }: Host,
  signal: AbortSignal,
): Promise<BundleFacts> {
  const { tool } = await project(signal);
  const images: BundleFacts['images'][number][] = [];
  for (const { service, imageName, imageId } of await docker.projectContainers(config.project.name)) {
    const details = await docker.inspectImage(imageId);
    images.push({ service, image: imageName, id: imageId, digests: details?.repoDigests ?? [] });
  }
  return {
    host: config.host.name,
    machineId,
    docker: (await docker.engineInfo()).version,
    compose: tool.version,
    node: process.version,
    project: config.project.name,
    images,
  };
}

/** What is mounted may be named by the path that a link of the configuration leads to. */
async function byRealPath(excluded: readonly Excluded[]): Promise<Excluded[]> {
  const real = await Promise.all(excluded.map(async (one) => ({ ...one, path: await realPath(one.path) })));
  return [...excluded, ...real.filter(({ path: one }) => excluded.every((named) => named.path !== one))];
}

function noConfiguration(config: Host['config']): Excluded[] {
  const { data, backups, state } = config;
  const users = "users' data: in the backup itself";
  const folder = path.dirname(data.database);
  const ofDatabase: readonly Excluded[] = liesBesideProject(config)
    ? [
        { path: data.database, why: users, alike: true },
        // What runs set aside, and the lock.
        { path: path.join(folder, '.fdts-ops'), why: users, alike: true },
      ]
    : [{ path: folder, why: users }];
  const places: readonly (readonly [string | null, string])[] = [
    [data.uploads, users],
    [backups.folder, 'the backups themselves'],
    [backups.external, 'the backups themselves'],
    [backups.scratch, 'throwaway copies'],
    [state.folder, "fdts-ops' journal and reports"],
  ];
  const others = places.flatMap(([place, why]) => (place === null ? [] : [{ path: place, why }]));
  return [...ofDatabase, ...others];
}
