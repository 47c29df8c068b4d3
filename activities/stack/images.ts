import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PreparedImage } from '../../workflows/contracts/window-plan.ts';
import { runCommand } from '../adapters/command/run-command.ts';
import { composeBuild, composeConfig, runImageOverride } from '../adapters/compose/compose.ts';
import { type ComposeModel, readComposeModel } from '../adapters/compose/model.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { isFixedImage, runImage } from '../adapters/docker/image-reference.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { commandOutputFolder } from '../execution/command-output-folder.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

const BUILD_TIMEOUT_MS = 3_600_000;
const CONFIG_TIMEOUT_MS = 60_000;

/** Preparing and switching images. The tags that the compose file names move only at the switch. */
export function imageMutations(host: Host) {
  const { config, docker } = host;
  const outputFolder = commandOutputFolder(config);
  const { pull, build } = config.maintenance.images;

  /**
   * Pulls what has a registry and builds what has a build section, under names of the run. Changes: images and two tags
   * of the run for each (`fdts-ops-old-…`, `fdts-ops-new-…`), which keep both from being pruned. Repeating it moves the
   * same tags; a failure leaves tags that its undo removes.
   */
  const prepareImages: Mutation<Record<string, never>, readonly PreparedImage[]> = async (context) => {
    const containers = await docker.projectContainers(config.project.name);
    const model = await readModel(host, context.signal);
    const prepared: PreparedImage[] = [];
    for (const [service, { image, build: section }] of Object.entries(model.services)) {
      const running = containers.find((container) => container.service === service);
      if (running === undefined) continue;
      const name = image ?? running.imageName;
      if (section !== null)
        prepared.push(
          build
            ? await buildImage(context, service, name, running)
            : await localImage(context, service, name, running, 'building is switched off'),
        );
      else
        prepared.push(
          pull
            ? await pullImage(context, service, name, running)
            : await localImage(context, service, name, running, 'pulling is switched off'),
        );
    }
    return prepared;
  };

  /**
   * Removes the names that `prepareImages` gave, to new and to old images: after it the old ones have the services' own
   * tags again. Images that a container uses stay. Safe to repeat.
   */
  const removePreparedImages: Mutation<Record<string, never>, null> = async ({ effects, stamp }) => {
    const containers = await docker.projectContainers(config.project.name);
    for (const image of new Set(containers.map(({ imageName }) => imageName))) {
      for (const purpose of ['new', 'old'] as const) {
        const name = runImage(image, purpose, runName(stamp));
        await effects.perform(`docker rmi ${name}`, () => docker.removeTag(name), undefined);
      }
    }
    return null;
  };

  /** Points the services' tags to images, where the name is a tag. Changes: tags. Repeating it points them to the same. */
  const switchImages: Mutation<
    { readonly images: readonly { readonly image: string; readonly id: string }[] },
    null
  > = async ({ effects }, { images }) => {
    for (const { image, id } of images.filter((named) => !isFixedImage(named.image))) {
      await effects.perform(`docker tag ${id} ${image}`, () => docker.tagImage(id, image), undefined);
    }
    return null;
  };

  async function buildImage(
    { effects, stamp, signal, progress }: MutationContext,
    service: string,
    image: string,
    running: ProjectContainer,
  ): Promise<PreparedImage> {
    const name = runImage(image, 'new', runName(stamp));
    const overrideFile = path.join(config.state.folder, 'builds', `${runName(stamp)}-${service}.yml`);
    await keepOld({ effects, stamp }, image, running);
    const command = composeBuild(await host.project(signal), service, { overrideFile, noCache: true });
    await effects.perform(
      command,
      async () => {
        progress(`building ${service}`);
        await mkdir(path.dirname(overrideFile), { recursive: true, mode: 0o755 });
        await writeFile(overrideFile, runImageOverride(service, name), { mode: 0o644 });
        await runCommand(command, { timeoutMs: BUILD_TIMEOUT_MS, signal, outputFolder });
      },
      undefined,
    );
    if (effects.dryRun)
      return {
        service,
        image,
        oldId: running.imageId,
        newId: name,
        how: 'built',
        note: 'its id is known only after the build',
      };
    const built = await docker.inspectImage(name);
    if (built === null) throw notBuilt(service, name);
    return { service, image, oldId: running.imageId, newId: built.id, how: 'built', note: null };
  }

  // The tag may point to an image that somebody pulled or built before the window: a start would use it, so it is planned.
  async function localImage(
    { effects, stamp }: MutationContext,
    service: string,
    image: string,
    running: ProjectContainer,
    note: string,
  ): Promise<PreparedImage> {
    const tagged = await docker.inspectImage(image);
    if (tagged === null || tagged.id === running.imageId) return unchanged(service, image, running, note);
    await keepOld({ effects, stamp }, image, running);
    return { service, image, oldId: running.imageId, newId: tagged.id, how: 'found here', note };
  }

  async function pullImage(
    context: MutationContext,
    service: string,
    image: string,
    running: ProjectContainer,
  ): Promise<PreparedImage> {
    const { effects, stamp, signal, progress } = context;
    const { digest, reason } = await docker.registryDigest(image);
    if (digest === null) return localImage(context, service, image, running, `not pulled: ${reason}`);
    const present = await docker.inspectImage(running.imageId);
    if (present?.repoDigests.some((known) => known.endsWith(digest)) === true) {
      return localImage(context, service, image, running, 'the registry has the same');
    }
    await keepOld({ effects, stamp }, image, running);
    const name = runImage(image, 'new', runName(stamp));
    const newId = await effects.perform(
      `docker pull ${image}@${digest} && docker tag … ${name}`,
      async () => {
        const pulled = await docker.pullByDigest(image, digest, { signal, onProgress: progress });
        await docker.tagImage(pulled.id, name);
        return pulled.id;
      },
      digest,
    );
    return {
      service,
      image,
      oldId: running.imageId,
      newId,
      how: 'pulled',
      note: `digest ${digest.slice(0, 19)}…`,
    };
  }

  async function keepOld(
    { effects, stamp }: Pick<MutationContext, 'effects' | 'stamp'>,
    image: string,
    running: ProjectContainer,
  ): Promise<void> {
    const name = runImage(image, 'old', runName(stamp));
    await effects.perform(
      `docker tag ${running.imageId} ${name}`,
      () => docker.tagImage(running.imageId, name),
      undefined,
    );
  }

  return { prepareImages, removePreparedImages, switchImages };
}

/** The run's name in tags and file names: its start, which tags allow. */
export function runName(stamp: string): string {
  return stamp.replace('_', '-');
}

/** The compose project, resolved. */
export async function readModel(host: Pick<Host, 'project'>, signal: AbortSignal): Promise<ComposeModel> {
  const command = composeConfig(await host.project(signal));
  return readComposeModel((await runCommand(command, { timeoutMs: CONFIG_TIMEOUT_MS, signal })).stdout);
}

function unchanged(service: string, image: string, running: ProjectContainer, note: string): PreparedImage {
  return { service, image, oldId: running.imageId, newId: running.imageId, how: 'unchanged', note };
}

function notBuilt(service: string, name: string): OperationError {
  return new OperationError({
    code: 'IMAGE_NOT_BUILT',
    operation: 'prepareImages',
    target: service,
    cause: `the build ended well, but there is no image ${name}`,
    hint: `Check the build section of service ${service} in the compose file.`,
    retryable: false,
  });
}
