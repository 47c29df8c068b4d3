import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { FileSystemUse } from '../adapters/file-system-use.ts';
import { diskUsage } from '../adapters/machine/host-facts.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { megabytes } from '../figures/percentile.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from './answers.ts';

/** What lies on a disk, by which it is known how room is made there. */
type Content = 'system' | 'docker' | 'backups' | 'data';

interface Place {
  readonly place: string;
  readonly content: Content;
}

/** One file system, with every place on it that FDTS uses. */
export interface Disk extends Readonly<FileSystemUse> {
  readonly places: readonly Place[];
}

/** The disks that FDTS uses; `unseen`: the places of which nobody could see how full they are. */
export interface DiskLook {
  readonly disks: readonly Disk[];
  readonly unseen: readonly CheckResult[];
}

type DiskHost = Pick<Host, 'config' | 'data' | 'docker'>;

/** Looks how full the disks are that FDTS uses, one file system once. A place that cannot be seen hides no other. */
export async function lookAtDisks(host: DiskHost, signal: AbortSignal): Promise<DiskLook> {
  const { places, unseen: docker } = await placesOf(host, signal);
  const disks = new Map<number, Disk>();
  const unseen: CheckResult[] = [];
  for (const place of places) {
    try {
      const use = await useOf(host, place.place, signal);
      const known = disks.get(use.device)?.places ?? [];
      disks.set(use.device, { ...use, places: [...known, place] });
    } catch (error) {
      unseen.push(cannotBeSeen(place, error, signal));
    }
  }
  return { disks: [...disks.values()], unseen: [...docker, ...unseen] };
}

/** What a disk is called: by the first of its places. */
export function diskName({ places }: Disk): string {
  return places[0]?.place ?? '';
}

/** The name of its check. */
export function diskCheckName(disk: Disk): string {
  return `disk of ${diskName(disk)}`;
}

/** Less full than the threshold; else what makes room on it. */
export function diskCheck(disk: Disk, limit: number): CheckResult {
  const { usedPercent, freeBytes, places } = disk;
  const others = [...new Set(places.map(({ place }) => place))].slice(1);
  return {
    name: diskCheckName(disk),
    status: usedPercent < limit ? 'pass' : 'fail',
    expected: `below ${limit} % used`,
    got: `${usedPercent} %, ${megabytes(freeBytes)} free${others.length === 0 ? '' : `; also on it: ${others.join(', ')}`}`,
    answer: howToMakeRoom(disk),
  };
}

/** Whether Docker's own data is on it: what nothing in Docker uses takes room there, and nowhere else. */
export function holdsDocker({ places }: Disk): boolean {
  return places.some(({ content }) => content === 'docker');
}

/** Whether the clean-up of the weekly maintenance makes room there. */
export function isCleanedWeekly({ places }: Disk): boolean {
  return places.some(({ content }) => content === 'system' || content === 'docker');
}

function howToMakeRoom(disk: Disk): string {
  const backups = disk.places.some(({ content }) => content === 'backups');
  const data = disk.places.flatMap(({ content, place }) => (content === 'data' ? [place] : []));
  return [
    ...(isCleanedWeekly(disk)
      ? [`${ANSWERS.weeklyMaintenance} removes what nothing in Docker uses, while every service is up`]
      : []),
    ...(backups
      ? [
          `${ANSWERS.backupFailure} removes old backups when the next one has no room, and none is recent (backups.keep says how many stay)`,
        ]
      : []),
    ...(data.length === 0
      ? []
      : [
          `make that disk larger, or move away what is not of FDTS: sudo du -xh --max-depth=2 ${data.map(shellQuote).join(' ')} | sort -h | tail (uploads are for their owners to remove)`,
        ]),
  ].join('; ');
}

async function placesOf({ config, docker }: DiskHost, signal: AbortSignal) {
  const { project, data, backups, state } = config;
  const places: Place[] = [
    { place: '/', content: 'system' },
    { place: project.folder, content: 'data' },
    { place: path.dirname(data.database), content: 'data' },
    { place: data.uploads, content: 'data' },
    { place: backups.folder, content: 'backups' },
    { place: state.folder, content: 'data' },
  ];
  try {
    const { dataFolder } = await docker.engineInfo();
    return { places: [...places, { place: dataFolder, content: 'docker' } as const], unseen: [] };
  } catch (error) {
    const unknown = { place: 'the data of Docker', content: 'docker' } as const;
    return { places, unseen: [cannotBeSeen(unknown, error, signal)] };
  }
}

/** Uploads may belong to the app alone: their owner sees the disk where the worker may not look. */
async function useOf({ data }: DiskHost, place: string, signal: AbortSignal): Promise<FileSystemUse> {
  try {
    return await diskUsage(place);
  } catch {
    return data.freeSpace({ path: place }, { signal });
  }
}

/** The engine's folder is its own: that nobody may look into it is no fault of the host. */
function cannotBeSeen({ place, content }: Place, error: unknown, signal: AbortSignal): CheckResult {
  signal.throwIfAborted();
  if (!(error instanceof OperationError)) throw error;
  return {
    name: `disk of ${place}`,
    status: content === 'docker' ? 'not proven' : 'fail',
    expected: 'how full it is can be seen',
    got: error.message,
    answer: error.hint,
  };
}
