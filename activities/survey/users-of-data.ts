import type { ProjectContainer } from '../adapters/docker/containers.ts';
import type { Host } from '../host.ts';

/** App first, then the proxy, so that users are back soonest; then whatever else has the database or the uploads mounted. */
export function usersOfData(
  { config }: Pick<Host, 'config'>,
  containers: readonly ProjectContainer[],
): string[] {
  const { app, proxy } = config.services;
  const { database, uploads } = config.data;
  const usesData = ({ mounts }: ProjectContainer): boolean =>
    mounts.some(
      ({ source }) =>
        source !== '' && [database, uploads].some((path) => isWithin(path, source) || isWithin(source, path)),
    );
  const others = containers.filter(usesData).map(({ service }) => service);
  return [...new Set([app, ...(proxy === null ? [] : [proxy]), ...others])];
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
