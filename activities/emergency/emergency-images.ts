import type { PreparedImage } from '../../workflows/contracts/window-plan.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { isFixedImage, runImage } from '../adapters/docker/image-reference.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';

/** What of the host this needs. */
type ImageHost = Pick<Host, 'config'> & {
  readonly docker: Pick<
    Host['docker'],
    'projectContainers' | 'tagImage' | 'inspectImage' | 'registryDigest' | 'pullByDigest'
  >;
};

/** Getting the one image of an emergency change, and keeping those that run. */
export function emergencyImageMutations({ config, docker }: ImageHost) {
  /**
   * Keeps the image of every service under a name of the run, and gets the wanted one for a service (null: none). Changes:
   * images and tags of the run (`fdts-ops-old-…`, `fdts-ops-new-…`); no service's tag moves. Repeating it moves the same
   * tags; a failure leaves tags that its undo removes.
   */
  const prepareEmergencyImages: Mutation<
    { readonly change: { readonly service: string; readonly image: string } | null },
    readonly PreparedImage[]
  > = async (context, { change }) => {
    const { effects, stamp } = context;
    const containers = onePerService(await docker.projectContainers(config.project.name));
    for (const { imageName, imageId } of containers) {
      if (isFixedImage(imageName)) continue;
      const name = runImage(imageName, 'old', runName(stamp));
      await effects.perform(`docker tag ${imageId} ${name}`, () => docker.tagImage(imageId, name), undefined);
    }
    const changed = containers.find(({ service }) => service === change?.service);
    const wanted =
      change === null || changed === undefined ? null : await get(context, change.image, changed);
    // Services that have one image name in common get the new one together: the name can point to one image only.
    return containers.map(({ service, imageName, imageId }) => ({
      service,
      image: imageName,
      oldId: imageId,
      ...(wanted !== null && imageName === changed?.imageName
        ? wanted
        : { newId: imageId, how: 'unchanged', note: null }),
    }));
  };

  /** What the registry has under the name; else what this host has under it. */
  async function get(
    { effects, stamp, signal, progress }: MutationContext,
    image: string,
    running: ProjectContainer,
  ): Promise<Pick<PreparedImage, 'newId' | 'how' | 'note'>> {
    const name = runImage(running.imageName, 'new', runName(stamp));
    const { digest, reason } = config.maintenance.images.pull
      ? await docker.registryDigest(image)
      : { digest: null, reason: 'pulling is switched off (maintenance.images.pull)' };
    if (digest !== null) {
      const newId = await effects.perform(
        `docker pull ${image}@${digest} && docker tag … ${name}`,
        async () => {
          const pulled = await docker.pullByDigest(image, digest, { signal, onProgress: progress });
          await docker.tagImage(pulled.id, name);
          return pulled.id;
        },
        digest,
      );
      return { newId, how: 'pulled', note: `${image}, ${digest}` };
    }
    const local = await docker.inspectImage(image);
    if (local === null) throw noSuchImage(image, reason ?? 'the registry does not have it');
    await effects.perform(`docker tag ${local.id} ${name}`, () => docker.tagImage(local.id, name), undefined);
    return { newId: local.id, how: 'found here', note: `${image}; not pulled: ${reason}` };
  }

  return { prepareEmergencyImages };
}

function onePerService(containers: readonly ProjectContainer[]): ProjectContainer[] {
  return containers.filter(
    ({ service }, index) => containers.findIndex((other) => other.service === service) === index,
  );
}

function noSuchImage(image: string, reason: string): OperationError {
  return new OperationError({
    code: 'IMAGE_NOT_FOUND',
    operation: 'prepareEmergencyImages',
    target: image,
    cause: `neither its registry nor this host has it: ${reason}`,
    hint: 'Push it, or bring it to the host with "docker load", and start again.',
    retryable: false,
  });
}
