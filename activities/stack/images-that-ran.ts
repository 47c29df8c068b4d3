import { createHash } from 'node:crypto';
import type { MovedImage } from '../../workflows/contracts/mending-plan.ts';
import type { ProjectContainer } from '../adapters/docker/containers.ts';
import type { DockerEngine } from '../adapters/docker/docker.ts';
import { isFixedImage, runImage } from '../adapters/docker/image-reference.ts';
import type { MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from './images.ts';

interface Images {
  readonly docker: Pick<DockerEngine, 'inspectImage' | 'tagImage' | 'removeTag'>;
}

/** Images whose name means another one by now, and those of which nobody can say which one ran. */
export interface MovedImages {
  readonly moved: readonly MovedImage[];
  /** Names of which the containers have several images: what is made anew is made from what they mean now. */
  readonly unclear: readonly string[];
}

/**
 * The images of these containers whose name means another image by now: somebody pulled or built it, nobody deployed it.
 * `stamp`: of the run that may have been killed in `fromImagesThatRan`, and finds there what the name meant before.
 */
export async function movedImages(
  { docker }: Images,
  containers: readonly Pick<ProjectContainer, 'imageName' | 'imageId'>[],
  stamp?: string,
): Promise<MovedImages> {
  const moved: MovedImage[] = [];
  const unclear: string[] = [];
  for (const image of new Set(containers.map(({ imageName }) => imageName))) {
    if (isFixedImage(image)) continue;
    const kept = stamp === undefined ? null : await docker.inspectImage(keptAs(image, stamp));
    const named = kept ?? (await docker.inspectImage(image));
    const ran = new Set(
      containers.filter(({ imageName }) => imageName === image).map(({ imageId }) => imageId),
    );
    const [ranId] = ran;
    if (ran.size > 1) unclear.push(image);
    else if (named !== null && ranId !== undefined && named.id !== ranId)
      moved.push({ image, ranId, namedId: named.id });
  }
  return { moved, unclear };
}

/**
 * Makes containers while the names of these images mean what ran: mending deploys no version that nobody approved. Changes:
 * tags, which mean again what they meant when `make` has ended, however it did; meanwhile the other image has a tag of the
 * run. Safe to repeat with the same images, also after a kill; what somebody builds or pulls meanwhile keeps the name. Returns
 * what a report says of it.
 */
export async function fromImagesThatRan(
  { docker }: Images,
  { effects, stamp }: Pick<MutationContext, 'effects' | 'stamp'>,
  moved: readonly MovedImage[],
  make: () => Promise<void>,
): Promise<string[]> {
  const tag = (id: string, name: string) =>
    effects.perform(`docker tag ${id} ${name}`, () => docker.tagImage(id, name), undefined);
  const kept: (MovedImage & { readonly as: string })[] = [];
  for (const { image, ranId } of moved) {
    const as = keptAs(image, stamp);
    const meant = (await docker.inspectImage(as)) ?? (await docker.inspectImage(image));
    if (meant !== null && meant.id !== ranId) {
      await tag(meant.id, as);
      kept.push({ image, ranId, namedId: meant.id, as });
    }
    await tag(ranId, image);
  }
  try {
    await make();
  } finally {
    for (const { image, ranId, namedId, as } of kept) {
      if (effects.dryRun || (await docker.inspectImage(image))?.id === ranId) await tag(namedId, image);
      await effects.perform(`docker rmi ${as}`, () => docker.removeTag(as), undefined);
    }
  }
  return kept.map(
    ({ image, namedId }) =>
      `${image} names an image that is not deployed (${namedId.slice(0, 19)}): made from the one that ran; plannedMaintenance deploys it`,
  );
}

/**
 * `fromImagesThatRan` for the containers of these services as they are now. Safe to repeat, also after a kill: one that is
 * being made anew still tells the image that it ran.
 */
export async function fromWhatServicesRan(
  { config, docker }: Pick<Host, 'config' | 'docker'>,
  context: Pick<MutationContext, 'effects' | 'stamp'>,
  services: readonly string[],
  make: () => Promise<void>,
): Promise<string[]> {
  const containers = await docker.projectContainers(config.project.name);
  const own = containers.filter(({ service }) => services.includes(service));
  const { moved } = await movedImages({ docker }, own, context.stamp);
  return fromImagesThatRan({ docker }, context, moved, make);
}

/** One name for each tag, also of one repository. */
function keptAs(image: string, stamp: string): string {
  const mark = createHash('sha256').update(image).digest('hex').slice(0, 8);
  return `${runImage(image, 'new', runName(stamp))}-${mark}`;
}
