import path from 'node:path';
import { isWithin } from '../adapters/configuration-bundle/bundle-source.ts';
import { realPath } from '../adapters/site/real-path.ts';

/**
 * What the configuration calls each mounted path that leads into the data, above it or below it, where the two names differ
 * because one goes through a link. Paths that lead elsewhere are left out.
 */
export async function dataNames(
  { database, uploads }: { readonly database: string; readonly uploads: string },
  sources: readonly string[],
): Promise<Record<string, string>> {
  const places = await Promise.all(
    [path.dirname(database), uploads].map(async (place) => ({ place, real: await realPath(place) })),
  );
  const names: Record<string, string> = {};
  for (const given of sources.filter((one) => path.isAbsolute(one))) {
    // As whoever looks a mount up here has it: without a slash at its end.
    const source = path.resolve(given);
    const real = await realPath(source);
    for (const { place, real: realPlace } of places) {
      const below = path.relative(realPlace, real);
      if (isWithin(real, realPlace)) names[source] ??= path.join(place, below);
      // A folder above the data has the name of a folder above the place that the configuration names.
      else if (isWithin(realPlace, real) && place === realPlace) names[source] ??= real;
    }
  }
  return Object.fromEntries(Object.entries(names).filter(([source, name]) => source !== name));
}
