import type { ProjectContainer } from '../adapters/docker/containers.ts';
import { realPath, withRealMounts } from '../adapters/site/real-path.ts';
import type { Host } from '../host.ts';

/**
 * App first, then the proxy, so that users are back soonest; then whatever else has the database or the uploads mounted,
 * by whatever name: the engine tells the path as the compose file has it, which may be a link.
 */
export async function usersOfData(
  { config }: Pick<Host, 'config'>,
  containers: readonly ProjectContainer[],
): Promise<string[]> {
  const { app, proxy } = config.services;
  const data = await Promise.all([config.data.database, config.data.uploads].map(realPath));
  const usesData = ({ mounts }: ProjectContainer): boolean =>
    mounts.some(
      ({ source }) => source !== '' && data.some((path) => isWithin(path, source) || isWithin(source, path)),
    );
  const others = (await withRealMounts(containers)).filter(usesData).map(({ service }) => service);
  return [...new Set([app, ...(proxy === null ? [] : [proxy]), ...others])];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
