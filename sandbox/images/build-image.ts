import { docker } from '../docker.ts';
import { imageExists } from './image-exists.ts';

/** What to build: its short name, the hash of its sources, the folder with the Dockerfile, and build arguments. */
export interface ImageRecipe {
  readonly name: string;
  readonly hash: string;
  readonly folder: string;
  readonly buildArguments?: Readonly<Record<string, string>>;
}

/** Builds an image unless this engine has one from the same sources; gives its reference `fdts-ops-sandbox/NAME:HASH`. */
export async function buildImage(recipe: ImageRecipe, say: (line: string) => void): Promise<string> {
  const reference = `fdts-ops-sandbox/${recipe.name}:${recipe.hash}`;
  if (await imageExists(reference)) return reference;
  say(`building ${reference}`);
  const settings = Object.entries(recipe.buildArguments ?? {}).flatMap(([name, value]) => [
    '--build-arg',
    `${name}=${value}`,
  ]);
  // plain images: the old engine on the hosts loads no attestations
  const env = { BUILDX_NO_DEFAULT_ATTESTATIONS: '1' };
  await docker(['build', '--label', 'fdts-ops=1', '--tag', reference, ...settings, recipe.folder], { env });
  return reference;
}
