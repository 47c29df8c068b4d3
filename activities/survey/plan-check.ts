import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import type { ApprovedHost } from '../../workflows/contracts/restore-plan.ts';
import { isOtherSchema } from '../../workflows/contracts/schema-of.ts';
import type { PackageUpgrade, ServiceState } from '../../workflows/contracts/window-plan.ts';
import { withOwnOverride } from '../adapters/compose/override.ts';
import { plannedUpgrades } from '../adapters/machine/packages.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

const APT_TIMEOUT_MS = 120_000;

/** What has become different since a plan was made, in words; both lists are empty when it still holds. */
export interface PlanDifferences {
  /** Containers, images, restart policies, compose files: somebody else is at work. */
  readonly host: readonly string[];
  /** What the package lists offer now in place of what was planned. */
  readonly packages: readonly string[];
}

/** What of the host a comparison needs. */
export interface PlanHost extends Pick<Host, 'config'> {
  readonly data: Pick<Host['data'], 'inspectDatabase'>;
  readonly docker: Pick<Host['docker'], 'projectContainers' | 'inspectImage'>;
}

/** Whether what was approved is still what would be done. */
export function planReads({ config, docker, data }: PlanHost) {
  /** Compares the host with the plan that a person approved. */
  const comparePlan: Read<
    {
      readonly services: readonly ServiceState[];
      readonly projectFiles: string;
      readonly upgrades: readonly PackageUpgrade[];
    },
    PlanDifferences
  > = async ({ signal }, { services, projectFiles, upgrades }) => {
    return {
      host: await hostDifferences(services, projectFiles),
      packages: config.maintenance.packages.upgrade
        ? packageDifferences(upgrades, await offered(signal))
        : [],
    };
  };

  /** Compares the host with what a person approved for the exchange of its data: also the schema, and images to go back to. */
  const compareHost: Read<ApprovedHost, { readonly host: readonly string[] }> = async (
    { signal },
    { services, projectFiles, schemaHash, userVersion, images },
  ) => {
    const found = await Promise.all(images.map((id) => docker.inspectImage(id)));
    const gone = images.filter((_, index) => found[index] === null);
    // A database that cannot be read may be why somebody restores: it has no schema to compare.
    const live = await data
      .inspectDatabase({ database: config.data.database, full: false }, { signal })
      .catch(() => null);
    signal.throwIfAborted();
    const isChanged = live !== null && isOtherSchema({ schemaHash, userVersion }, live);
    return {
      host: [
        ...(await hostDifferences(services, projectFiles)),
        ...gone.map((id) => `the image ${id} is gone`),
        ...(isChanged ? ['the live database has another schema, or another user_version'] : []),
      ],
    };
  };

  async function hostDifferences(services: readonly ServiceState[], projectFiles: string): Promise<string[]> {
    const now = await docker.projectContainers(config.project.name);
    const host = await Promise.all(
      services.map(async (planned) => {
        const found = now.find(({ name }) => name === planned.container);
        if (found === undefined) return [`container ${planned.container} is gone`];
        return [
          ...(found.imageId === planned.imageId ? [] : [`${planned.service} runs another image`]),
          ...((await isTagMoved(planned)) ? [`${planned.image} names another image`] : []),
          ...(found.restartPolicy === planned.restartPolicy
            ? []
            : [`${planned.service} has the restart policy ${found.restartPolicy}`]),
        ];
      }),
    );
    const added = now.filter(({ name }) => !services.some(({ container }) => container === name));
    const files =
      (await projectFilesOf(config)) === projectFiles ? [] : ['a compose or env file was changed'];
    return [...host.flat(), ...added.map(({ name }) => `container ${name} is new`), ...files];
  }

  // A start uses what the name points to, whatever runs.
  async function isTagMoved({ image, taggedId }: ServiceState): Promise<boolean> {
    if (taggedId === undefined) return false;
    return ((await docker.inspectImage(image))?.id ?? null) !== taggedId;
  }

  /** The upgrades that the package lists offer, as they were last fetched. */
  const listUpgrades: Read<Record<string, never>, { readonly upgrades: readonly PackageUpgrade[] }> = async ({
    signal,
  }) => ({ upgrades: config.maintenance.packages.upgrade ? await offered(signal) : [] });

  async function offered(signal: AbortSignal): Promise<readonly PackageUpgrade[]> {
    const { hold } = config.maintenance.packages;
    const planned = await plannedUpgrades({ timeoutMs: APT_TIMEOUT_MS, signal });
    return planned.filter(({ name }) => !hold.includes(name));
  }

  return { comparePlan, compareHost, listUpgrades };
}

/** A hash over size and time of the files that compose reads: their content may be secret, and unreadable here. */
export async function projectFilesOf({ project }: HostConfig): Promise<string> {
  const files = await withOwnOverride(project.composeFiles);
  const names = [...files, ...(project.envFile === null ? [] : [project.envFile])];
  const hash = createHash('sha256');
  for (const name of names) {
    const found = await stat(path.resolve(project.folder, name)).catch(() => null);
    hash.update(`${name} ${found?.size} ${found?.mtimeMs} ${found?.ino}\n`);
  }
  return hash.digest('hex');
}

/** What of the plan the package lists offer no more, and what they offer besides. */
export function packageDifferences(
  planned: readonly PackageUpgrade[],
  now: readonly PackageUpgrade[],
): readonly string[] {
  const versions = new Map(now.map(({ name, to }) => [name, to]));
  const changed = planned.flatMap(({ name, to }) => {
    const offers = versions.get(name);
    if (offers === to) return [];
    return [
      offers === undefined ? `${name} ${to} is not offered any more` : `${name} ${offers} instead of ${to}`,
    ];
  });
  const known = new Set(planned.map(({ name }) => name));
  return [
    ...changed,
    ...now.filter(({ name }) => !known.has(name)).map(({ name, to }) => `${name} ${to} besides`),
  ];
}
