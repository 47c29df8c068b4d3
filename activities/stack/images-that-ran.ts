import type { MovedImage } from '../../workflows/contracts/mending-plan.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import type { DockerEngine } from '../adapters/docker/docker.ts';
import { isFixedImage, runImage } from '../adapters/docker/image-reference.ts';
import type { MutationContext } from '../execution/mutation.ts';
import { runName } from './images.ts';

interface Images {
  readonly docker: Pick<DockerEngine, 'inspectImage' | 'tagImage' | 'removeTag'>;
}

/**
 * The images of these containers whose name means another image by now: somebody pulled or built it, nobody deployed it.
 * `stamp`: of the run that may have been killed in `fromImagesThatRan`, and finds there what the name meant before.
 */
export async function movedImages(
  { docker }: Images,
  containers: readonly Pick<ProjectContainer, 'imageName' | 'imageId'>[],
  stamp?: string,
): Promise<MovedImage[]> {
  const moved = new Map<string, MovedImage>();
  for (const { imageName: image, imageId: ranId } of containers) {
    if (isFixedImage(image) || moved.has(image)) continue;
    const kept = stamp === undefined ? null : await docker.inspectImage(keptAs(image, stamp));
    const named = kept ?? (await docker.inspectImage(image));
    if (named !== null && named.id !== ranId) moved.set(image, { image, ranId, namedId: named.id });
  }
  return [...moved.values()];
}

/**
 * Makes containers while the names of these images mean what ran: mending deploys no version that nobody approved. Changes:
 * tags, which mean again what they meant when `make` has ended, however it did; meanwhile the other image has a tag of the
 * run. Safe to repeat with the same images, also after a kill. Returns what a report says of it.
 */
export async function fromImagesThatRan(
  { docker }: Images,
  { effects, stamp }: Pick<MutationContext, 'effects' | 'stamp'>,
  moved: readonly MovedImage[],
  make: () => Promise<void>,
): Promise<string[]> {
  const tag = (id: string, name: string) =>
    effects.perform(`docker tag ${id} ${name}`, () => docker.tagImage(id, name), undefined);
  for (const { image, ranId, namedId } of moved) {
    await tag(namedId, keptAs(image, stamp));
    await tag(ranId, image);
  }
  try {
    await make();
  } finally {
    for (const { image, namedId } of moved) {
      await tag(namedId, image);
      const name = keptAs(image, stamp);
      await effects.perform(`docker rmi ${name}`, () => docker.removeTag(name), undefined);
    }
  }
  return moved.map(
    ({ image, namedId }) =>
      `${image} names an image that is not deployed (${namedId.slice(0, 19)}): made from the one that ran; plannedMaintenance deploys it`,
  );
}

function keptAs(image: string, stamp: string): string {
  return runImage(image, 'new', runName(stamp));
}
