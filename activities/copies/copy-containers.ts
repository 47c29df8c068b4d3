import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../adapters/command/run-command.ts';
import { type ComposeProject, composeUp } from '../adapters/compose/compose.ts';
import { makeFolderOfOwner } from '../adapters/machine/leave-to-folder-owner.ts';
import {
  type CopyPlace,
  copyFilesFolder,
  isCopyName,
  placeNamed,
} from '../adapters/project-copy/copy-names.ts';
import { copyShares } from '../adapters/project-copy/copy-refused.ts';
import { copyProblems } from '../adapters/project-copy/inspect-copy.ts';
import { writeSecretly } from '../adapters/project-copy/write-secretly.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { createCopyClient } from './copy-client.ts';
import { copyModel, copyRequest } from './copy-request.ts';

const UP_TIMEOUT_MS = 300_000;

type Context = Pick<MutationContext, 'effects' | 'signal' | 'progress'>;

/** So that whatever is left of a copy is found, and removed by its name. */
export async function note({ composeFile }: CopyPlace): Promise<void> {
  await makeFolderOfOwner(path.dirname(composeFile), 0o700);
}

/** Making, starting and removing the containers of a throwaway copy. */
export function copyContainers(host: Host) {
  const { config, copies, docker } = host;

  async function start(
    { effects, signal, progress }: Context,
    place: CopyPlace,
    otherImages: Readonly<Record<string, string>>,
  ): Promise<{ readonly seconds: number }> {
    const live = await copyRequest(host, signal);
    const model = copyModel(host, place, live, await imageIds(otherImages));
    const project = await projectOf(place, signal);
    const names = model.services.map(({ name }) => name);
    const make = composeUp(project, names, { noBuild: true, noStart: true });
    const began = Date.now();
    return effects.perform(
      make,
      async () => {
        progress('making the containers of the copy');
        await docker.removeCopyContainers(place.name);
        await note(place);
        await writeSecretly(place.composeFile, model.document);
        await runCommand(make, {
          timeoutMs: UP_TIMEOUT_MS,
          signal,
          outputFolder: commandOutputFolder(config),
        });
        await inspect(
          place,
          Object.fromEntries(model.services.map(({ name, image }) => [name, image])),
          live,
        );
        await startInOrder(place, model.services, { signal, progress });
        await waitUntilHealthy(place, live, { signal, progress });
        return { seconds: (Date.now() - began) / 1000 };
      },
      { seconds: 0 },
    );
  }

  async function imageIds(images: Readonly<Record<string, string>>): Promise<Record<string, string>> {
    const found = await Promise.all(
      Object.entries(images).map(async ([service, name]) => {
        const image = await docker.inspectImage(name);
        return image === null ? [] : [[service, image.id] as const];
      }),
    );
    return Object.fromEntries(found.flat());
  }

  async function projectOf(place: CopyPlace, signal: AbortSignal): Promise<ComposeProject> {
    const { tool } = await host.project(signal);
    return { tool, name: place.name, folder: path.dirname(place.composeFile), files: [place.composeFile] };
  }

  /** Before anything of it runs. */
  async function inspect(
    place: CopyPlace,
    images: Readonly<Record<string, string>>,
    { live }: Awaited<ReturnType<typeof copyRequest>>,
  ): Promise<void> {
    const problems = copyProblems(await docker.inspectCopy(place.name), { place, images, live });
    if (problems.length === 0) return;
    await docker.removeCopyContainers(place.name);
    throw copyShares(place.name, problems);
  }

  async function startInOrder(
    place: CopyPlace,
    services: readonly { readonly name: string; readonly after: Readonly<Record<string, unknown>> }[],
    { signal, progress }: Pick<Context, 'signal' | 'progress'>,
  ): Promise<void> {
    const ids = new Map<string, string>();
    for (const { service, id } of await docker.projectContainers(place.name)) ids.set(service, id);
    for (const { name, after } of services) {
      progress(`starting ${name} of the copy`);
      const healthy = Object.entries(after).flatMap(([other, how]) =>
        JSON.stringify(how).includes('service_healthy') ? [ids.get(other) ?? ''] : [],
      );
      const timeoutMs = config.maintenance.healthTimeout * 1000;
      if (healthy.length > 0) await docker.waitUntilUp(healthy, { timeoutMs, signal });
      await docker.startContainer(ids.get(name) ?? name);
    }
  }

  async function waitUntilHealthy(
    place: CopyPlace,
    live: Awaited<ReturnType<typeof copyRequest>>,
    { signal, progress }: Pick<Context, 'signal' | 'progress'>,
  ): Promise<void> {
    const client = await createCopyClient(host, place.name, live);
    const known = new AbortController();
    const wait = {
      timeoutMs: config.maintenance.healthTimeout * 1000,
      signal: AbortSignal.any([signal, known.signal]),
    };
    const containers = await docker.projectContainers(place.name);
    const app = containers.filter(({ service }) => service === config.services.app).map(({ id }) => id);
    // An app that has ended will not answer: that is known at once.
    const ended = docker.waitUntilUp(app, wait).then(() => new Promise<never>(() => undefined));
    const healthy = client.waitUntilHealthy({
      ...wait,
      onProbe: ({ ok, problem }) => progress(ok ? 'the copy is healthy' : `not healthy yet: ${problem}`),
    });
    try {
      await Promise.race([healthy, ended]);
    } finally {
      known.abort();
      await Promise.allSettled([healthy]);
      client.close();
    }
  }

  async function stop({ effects }: Context, place: CopyPlace): Promise<null> {
    return effects.perform(
      `docker rm -f -v the containers of ${place.name}`,
      async () => {
        await docker.removeCopyContainers(place.name);
        return null;
      },
      null,
    );
  }

  async function remove({ effects, signal }: Context, place: CopyPlace): Promise<null> {
    return effects.perform(
      `fdts-ops: remove the copy ${place.name} and ${place.folder}`,
      async () => {
        await docker.removeCopyContainers(place.name, signal);
        for (const left of await docker.removeCopyObjects(place.name, signal))
          effects.commands.push(`# stays, since something else uses it: ${left}`);
        await copies.removeCopyFolder({ folder: place.folder }, { signal });
        await rm(path.dirname(place.composeFile), { recursive: true, force: true });
        return null;
      },
      null,
    );
  }

  /** Removes the copies of this purpose that killed processes left, whichever run they were of. */
  async function removeLeft(context: Context, purpose: string): Promise<readonly string[]> {
    const { backups, data, state } = config;
    const noted = await readdir(copyFilesFolder(state.folder)).catch(() => []);
    const names = new Set([...noted, ...(await docker.listCopies())]);
    const left = [...names].filter((name) => isCopyName(name) && name.endsWith(`-${purpose}`));
    const places = { ...data, scratch: backups.scratch, stateFolder: state.folder };
    for (const name of left) await remove(context, placeNamed(name, places));
    return left;
  }

  return { start, stop, remove, removeLeft };
}
