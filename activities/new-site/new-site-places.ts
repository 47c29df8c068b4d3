import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import type { SiteBundle } from '../../workflows/contracts/new-site.ts';
import type { BundlePlaces } from '../adapters/new-site/place-bundle.ts';

/** Root's alone: nothing that the worker may rename or link is written as root. */
export const RECORDS = '/var/lib/fdts-ops-root';

/** Where a run writes down what it placed. */
export function recordOf(stamp: string): string {
  return path.join(RECORDS, `placed-${stamp}.json`);
}

/**
 * Where the files of a bundle may be placed: whoever has the public key can make a bundle, so only below what this host's
 * own configuration names.
 */
export function placesOf(
  { project, bundle: { paths }, emergency: { scripts }, file }: HostConfig,
  given: SiteBundle,
): BundlePlaces {
  const { folder, composeFiles, envFile, unit } = project;
  const units = unit === null ? [] : [`/etc/systemd/system/${unit}`, `/etc/systemd/system/${unit}.d`];
  return {
    ...given,
    roots: [
      folder,
      ...composeFiles,
      ...(envFile === null ? [] : [envFile]),
      ...units,
      ...paths,
      ...(scripts === null ? [] : [scripts]),
    ],
    keep: [file],
  };
}
