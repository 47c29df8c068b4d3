import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';

type RoomHost = {
  readonly config: Host['config'];
  readonly data: Pick<Host['data'], 'roomForBackup' | 'freeSpace'>;
};

/** What room is asked for. */
export interface RoomFor {
  /** Of the live database. */
  readonly databaseBytes: number;
  /** A throwaway copy of the project is made as well: the uploads are extracted into scratch. */
  readonly withCopy: boolean;
}

/** Whether a backup has room, its second copy, and scratch: asked for as the backup itself asks, in the worst case. */
export async function roomChecks(
  host: RoomHost,
  { databaseBytes, withCopy }: RoomFor,
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const { folder, external, scratch, command } = host.config.backups;
  // A backup that is proven and a database that is tidied on trial: at most three files of its size lie there at once.
  const ofDatabase = 3 * databaseBytes;
  const uploads = await uploadBytes(host, signal);
  // The site's script makes and packs its archive its own way, and asks for nothing.
  const ofBackup = command === null ? Math.max(ofDatabase, 2 * databaseBytes + uploads) : ofDatabase;
  const needs: readonly (readonly [place: string, bytes: number])[] = [
    [folder, ofBackup],
    [scratch, ofDatabase + (withCopy ? uploads : 0)],
    // Nothing but the archive goes there: at most what is in it.
    ...(external === null ? [] : [[external, databaseBytes + uploads] as const]),
  ];
  return Promise.all(
    needs.map(async ([place, needed]): Promise<CheckResult> => {
      const { freeBytes } = await host.data.freeSpace({ path: place }, { signal });
      return {
        name: `room in ${place}`,
        status: freeBytes >= needed ? 'pass' : 'fail',
        expected: `${megabytes(needed)} free`,
        got: `${megabytes(freeBytes)} free`,
        answer: 'free space there, then start again',
      };
    }),
  );
}

/** Uploads that cannot be read are told by a check of their own. */
async function uploadBytes({ config, data }: RoomHost, signal: AbortSignal): Promise<number> {
  const { database, uploads, uploadsExclude: without } = config.data;
  try {
    return (await data.roomForBackup({ database, uploads, without }, { signal })).ofUploads;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OperationError) return 0;
    throw error;
  }
}
