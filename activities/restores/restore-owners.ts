import type { OwnersGiven } from '../adapters/data-owner/operations/give-owners.ts';
import type { KnownOwners } from '../adapters/data-owner/restore/choose-owner.ts';
import type { StagedBackup } from '../adapters/data-owner/restore/restore-record.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

type OwnersHost = Pick<Host, 'config' | 'data' | 'asRoot'>;

/**
 * Gives staged uploads back to the users and groups that they belonged to, as far as that is safe (see `chooseOwner`), and
 * says in numbers what became of it: before the gate, so that whoever approves knows. What fails here is said as well; the
 * data itself is proven good. Changes: owners in the staging folder. Repeating it answers the same.
 */
export async function giveBackOwners(
  host: OwnersHost,
  { asideDir, owners }: { asideDir: string; owners: StagedBackup['owners'] },
  { signal }: Pick<MutationContext, 'signal'>,
): Promise<string[]> {
  if (owners === undefined) return [];
  const { owner } = host.config.data;
  const open =
    owners.writableByAll === 0
      ? []
      : [
          `files and folders of the uploads that every user of the host may write, as in the backup: ${owners.writableByAll}`,
        ];
  if (owners.count === 0) return open;
  try {
    return [...tellOwners(await give(host, asideDir, owners, signal), owner), ...open];
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof OperationError)) throw error;
    const told = `up to ${owners.count} files and folders of the uploads belonged to another user or group than the data, and NOT ALL OF THEM DO NOW: ${error.message}. ${error.hint}`;
    return [told, ...open];
  }
}

async function give(
  { config, data, asRoot }: OwnersHost,
  asideDir: string,
  { count, before }: NonNullable<StagedBackup['owners']>,
  signal: AbortSignal,
): Promise<OwnersGiven> {
  const { uploads, owner: here } = config.data;
  const { owners: live, isSticky } = await data.findOwners({ uploads }, { signal });
  const manifest = before?.others ?? [];
  const known: KnownOwners = { here, before: before?.owner ?? null, live, manifest, isSticky };
  const sum: OwnersGiven = { given: 0, unknown: 0, stay: 0, left: 0 };
  for (let from = 0; from < count; ) {
    const { folder, entries } = await data.readOwners({ asideDir, from }, { signal });
    if (entries.length === 0) break;
    const given = await asRoot.giveOwners({ folder, entries, known }, { signal });
    for (const key of ['given', 'unknown', 'stay', 'left'] as const) sum[key] += given[key];
    from += entries.length;
  }
  return sum;
}

/** What became of them, for whoever approves a restore. */
function tellOwners(
  { given, unknown, stay, left }: OwnersGiven,
  { uid, gid }: { uid: number; gid: number },
): string[] {
  const lines: readonly (readonly [number, string])[] = [
    [given, 'belong to the user and group of then, which is not that of the data'],
    [
      unknown,
      `belonged to a user or group that neither the uploads here nor the manifest know: they get ${uid}:${gid} in its place; sudo chown -h USER:GROUP afterwards where somebody else has to read them`,
    ],
    [
      stay,
      `belonged to another user, but are given to user ${uid}, who could not move them otherwise; their group is that of then`,
    ],
    [
      left,
      `belonged to somebody else, but were changed while they were staged: they stay with ${uid}:${gid}`,
    ],
  ];
  return lines.flatMap(([count, what]) =>
    count === 0 ? [] : [`files and folders of the uploads: ${count} ${what}`],
  );
}
