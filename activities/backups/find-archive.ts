import path from 'node:path';
import {
  type FoundBackup,
  isAhead,
  isPartial,
  isProven,
  newestBackup,
  newestVerified,
} from '../adapters/data-owner/newest-backup.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Host } from '../host.ts';
import { isMarkedOwn, otherHostOf, othersLines } from './of-another-host.ts';
import { LACKS, passedOverTold } from './passed-over.ts';

/** An archive that was chosen, with the words that say why. */
export type ChosenArchive = FoundBackup & {
  readonly told: string;
  /** It was searched for, and a folder could not be read: a newer one may lie there. */
  readonly mayBeOlder: boolean;
  /** A newer one that is verified, but lacks content of users: a person chooses. Null where none was passed over. */
  readonly passedOver: string | null;
  /** The host that it is of, when that is another one than this; null otherwise. */
  readonly otherHost: string | null;
};

interface BackupFolders {
  readonly config: Host['config'];
  readonly data: Pick<Host['data'], 'listBackups'>;
}

/**
 * The archive of this name or path, here or on external storage; without one the newest verified one of this host that is not
 * dated ahead of the clock. Of two copies of one name one of this host goes first, then a verified one, then the one here; a
 * path means that copy and no other. `takesOver`: a new machine that made none itself takes the place of the only other host
 * that did; those of which nobody knows who made them may be of either.
 */
export async function findArchive(
  host: BackupFolders,
  name: string | null,
  signal: AbortSignal,
  { takesOver = false }: { readonly takesOver?: boolean } = {},
): Promise<ChosenArchive> {
  const { folders, found: all, unread } = await allBackups(host, signal);
  const ours = all.filter((one) => otherHostOf(host.config, one) === null);
  const others = new Set(all.flatMap((one) => otherHostOf(host.config, one) ?? []));
  const hasOwn = ours.some((one) => isMarkedOwn(host.config, one));
  const found = takesOver && !hasOwn && others.size === 1 ? all : ours;
  if (name === null && takesOver && !hasOwn && others.size > 1)
    throw noArchive(
      [
        `those of several hosts are there (${[...others].sort().join(', ')}): name one with the input "archive"`,
      ],
      all,
    );
  if (name === null) {
    const leftOut = found === ours ? othersLines(host.config, all) : [];
    const ahead = found.filter((one) => isAhead(one));
    const dated = found.filter((one) => !ahead.includes(one));
    const newest = newestBackup(dated);
    const chosen = newestVerified(dated) ?? newest;
    const none = `there is none in ${folders.join(' or ')}${ahead.length === 0 ? '' : ' that is not dated ahead of the clock: see that the clock is right, or name one with the input "archive"'}`;
    if (chosen === undefined) throw noArchive([none, ...leftOut, ...unread], all);
    const passedOver = newestBackup(
      dated.filter((one) => isPartial(one) && one.createdAt > chosen.createdAt),
    );
    return {
      ...chosen,
      told: [whyChosen(chosen, newest, passedOver), ...aheadLines(ahead), ...leftOut, ...unread].join('; '),
      passedOver: passedOver?.archive ?? null,
      mayBeOlder: unread.length > 0,
      otherHost: otherHostOf(host.config, chosen),
    };
  }
  const isNamed = ({ archive }: FoundBackup) => archive === name || path.basename(archive) === name;
  const oursNamed = ours.filter(isNamed);
  const copies = oursNamed.length > 0 ? oursNamed : all.filter(isNamed);
  const named = copies.find(isProven) ?? copies[0];
  if (named === undefined)
    throw noArchive([`got "${name}", expected the file name of one of them`, ...unread], all);
  const copiesToo = copies.filter((copy) => copy !== named).map(told);
  const why = [`${named.archive}, as named`, ...copiesToo].join('; also there: ');
  const otherHost = otherHostOf(host.config, named);
  const whose =
    otherHost === null ? [] : [`OF ANOTHER HOST: ${otherHost} made it, and this is ${host.config.host.name}`];
  return {
    ...named,
    told: [why, ...whose, ...unread].join('; '),
    mayBeOlder: false,
    passedOver: null,
    otherHost,
  };
}

/** What is known of the other copies of an archive that was found bad, as advice; empty when there is none. */
export async function adviceOnCopies(
  host: BackupFolders,
  archive: string,
  signal: AbortSignal,
): Promise<string> {
  const { found } = await allBackups(host, signal);
  const copies = found.filter(
    (other) =>
      other.archive !== archive &&
      path.basename(other.archive) === path.basename(archive) &&
      otherHostOf(host.config, other) === null,
  );
  return copies.map((copy) => `${told(copy)}: {"archive":"${copy.archive}"}`).join('; ');
}

/**
 * Every archive of this host, here and on external storage, newest first; of two copies of one name the proven one first;
 * those that are dated ahead of the clock, whose age nobody knows, last. `unread` names the folders that could not be looked
 * into, and what was left out.
 */
export async function allNewestFirst(
  host: BackupFolders,
  signal: AbortSignal,
): Promise<{ readonly archives: readonly FoundBackup[]; readonly unread: readonly string[] }> {
  const { found, unread } = await allBackups(host, signal);
  const ours = found.filter((one) => otherHostOf(host.config, one) === null);
  const archives = ours.sort(
    (a, b) =>
      Number(isAhead(a)) - Number(isAhead(b)) ||
      b.createdAt.localeCompare(a.createdAt) ||
      Number(isProven(b)) - Number(isProven(a)),
  );
  return { archives, unread: [...unread, ...othersLines(host.config, found)] };
}

async function allBackups({ config, data }: BackupFolders, signal: AbortSignal) {
  const { folder, external } = config.backups;
  const folders = [folder, ...(external === null ? [] : [external])];
  const unread: string[] = [];
  // One that cannot be read hides nothing of the other; that it could not be is told, for the newest may lie there.
  const found = await Promise.all(
    folders.map((directory) =>
      data.listBackups({ directory }, { signal }).catch((error: unknown) => {
        signal.throwIfAborted();
        if (!(error instanceof OperationError)) throw error;
        unread.push(`folder ${directory} could not be read: ${error.message}`);
        return [];
      }),
    ),
  );
  return { folders, found: found.flat(), unread };
}

function told(copy: FoundBackup): string {
  return isProven(copy)
    ? `its copy ${copy.archive}, which was verified on ${copy.verified?.at}`
    : `its copy ${copy.archive}, which no verification proved`;
}

function whyChosen(
  chosen: FoundBackup,
  newest: FoundBackup | undefined,
  passedOver: FoundBackup | undefined,
): string {
  const { archive } = chosen;
  if (isPartial(chosen)) return `${archive}, the newest; verified, PARTIAL: ${LACKS}, and none is whole`;
  if (!isProven(chosen))
    return `${archive}, the newest; none that is whole was fully verified before, this one is before anything stops`;
  if (chosen === newest) return `${archive}, the newest verified one`;
  if (newest !== undefined && path.basename(newest.archive) === path.basename(archive))
    return `${archive}, the newest verified one; ${newest.archive} is not proven, or was found bad`;
  const unproven = newest === passedOver ? [] : [`newer, not verified: ${newest?.archive}`];
  if (passedOver === undefined) return [`${archive}, the newest verified one`, ...unproven].join('; ');
  const partial = passedOverTold(passedOver.archive);
  return [`${archive}, the newest verified one that is whole`, partial, ...unproven].join('; ');
}

/** What is said of archives that the clock dates to a time that has not come. */
export function aheadLines(ahead: readonly FoundBackup[]): string[] {
  return ahead.map(({ archive }) => `not chosen, since it is dated ahead of the clock: ${archive}`);
}

function noArchive(causes: readonly string[], found: readonly FoundBackup[]): OperationError {
  const names = found.map(({ archive }) => path.basename(archive)).sort();
  const known = [...new Set(names)].toReversed().slice(0, 10).join(', ');
  return new OperationError({
    code: 'NO_ARCHIVE',
    operation: 'find',
    target: 'an archive to restore',
    cause: causes.join('; '),
    hint: known === '' ? 'Copy one to backups.folder.' : `There are: ${known}.`,
    retryable: false,
  });
}
