import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { storagePlace, whyNotApart } from '../adapters/machine/storage-apart.ts';

/** What to do about external storage that is lost together with the backups. */
export const STORE_APART = 'mount another disk or machine there, or name a folder on one in backups.external';

/** Why the second copy of the backups would be lost with the first one, see `whyNotApart`; null: it would not, or there is none. */
export async function externalNotApart({ backups, data }: HostConfig): Promise<string | null> {
  if (backups.external === null) return null;
  const near = [backups.folder, path.dirname(data.database), data.uploads];
  const [external, system, ...others] = await Promise.all([
    storagePlace(backups.external),
    storagePlace('/'),
    ...near.map((place) => storagePlace(place)),
  ]);
  return whyNotApart(external, others, system);
}

/** Whether there is a second copy that survives what the first one does not. Nothing is refused for want of it. */
export async function secondCopyCheck(config: HostConfig): Promise<CheckResult> {
  const { external } = config.backups;
  const problem = external === null ? 'backups.external is null' : await externalNotApart(config);
  return {
    name: 'a second copy on external storage',
    status: problem === null ? 'pass' : 'not proven',
    expected: 'backups.external on another disk or machine',
    got: problem ?? `${external}`,
    answer: STORE_APART,
  };
}
