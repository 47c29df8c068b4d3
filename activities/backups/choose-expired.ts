import type { BackupSource } from '../../workflows/contracts/backup-verdict.ts';

/** What retention looks at in one archive. */
export interface RetainedBackup {
  readonly archive: string;
  readonly source: BackupSource;
  /** UTC, ISO 8601. */
  readonly createdAt: string;
  /** Whether it counts as a newer one that makes an older one expire. */
  readonly verified: boolean;
  /** It was verified, and content of users was missing when it was made: it makes only others of its kind expire. */
  readonly partial: boolean;
  /** A way back needs it: it stays whatever its age. */
  readonly needed: boolean;
}

/** How long backups are kept; see `backups` in the configuration. */
export interface RetentionRule {
  readonly keep: number;
  /** Seconds; null for no limit by age. */
  readonly keepFor: number | null;
  /** So many newest verified ones stay whatever their age; one at least. */
  readonly leastKept?: number;
  readonly retainSite: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** An archive that is past its retention, and why. */
export interface Expired {
  readonly archive: string;
  readonly because: string;
}

/**
 * Which archives of one folder are past their retention. Only verified ones count as kept: an archive goes when enough
 * newer verified ones are there, so the newest verified one of fdts-ops, and of the site, never goes. A partial one goes
 * also when enough newer partial ones are there: one file that nobody can read must not fill the disk with backups.
 */
export function chooseExpired(backups: readonly RetainedBackup[], rule: RetentionRule): Expired[] {
  return [
    ...expiredOf(backups, 'fdts-ops', rule),
    ...(rule.retainSite ? expiredOf(backups, 'site', rule) : []),
  ];
}

function expiredOf(
  backups: readonly RetainedBackup[],
  source: BackupSource,
  { keep, keepFor, leastKept = 1, now }: RetentionRule,
): Expired[] {
  const newestFirst = backups
    .filter((backup) => backup.source === source)
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt) || b.archive.localeCompare(a.archive));
  let verifiedAndNewer = 0;
  let partialAndNewer = 0;
  return newestFirst.flatMap(({ archive, createdAt, verified, partial, needed }) => {
    const goesByPartial = partial && partialAndNewer > verifiedAndNewer;
    const newer = goesByPartial ? partialAndNewer : verifiedAndNewer;
    if (verified) verifiedAndNewer += 1;
    if (partial) partialAndNewer += 1;
    if (needed) return [];
    const told = toldNewer(newer, goesByPartial);
    const days = (now - Date.parse(createdAt)) / 86_400_000;
    if (newer >= keep) return [{ archive, because: told }];
    const isTooOld = keepFor !== null && days * 86_400 > keepFor;
    return isTooOld && newer >= leastKept
      ? [{ archive, because: `${days.toFixed(1)} days old, and ${told}` }]
      : [];
  });
}

function toldNewer(count: number, arePartial: boolean): string {
  const kind = arePartial ? 'partial' : 'verified';
  const told = count === 1 ? `a newer ${kind} one is there` : `${count} newer ${kind} ones are there`;
  return arePartial ? `it is partial, and ${told}` : told;
}
