/** A user and a group by their numbers. */
export interface UserAndGroup {
  uid: number;
  gid: number;
}

/** What is known of users and groups when a backup comes back. */
export interface KnownOwners {
  /** The owner of the data here: whoever extracts. */
  here: UserAndGroup;
  /** The owner of the data where the backup was made; null when no manifest says. */
  before: UserAndGroup | null;
  /** Whom uploads here belong to now. */
  live: readonly UserAndGroup[];
  /** Whom uploads belonged to, as the manifest says. */
  manifest: readonly UserAndGroup[];
  /** Whether the uploads folder is sticky: then nobody moves what belongs to somebody else. */
  isSticky: boolean;
}

/** Whom an extracted entry is to belong to, and why it is not whom the archive says. */
export interface ChosenOwner extends UserAndGroup {
  /** `unknown`: a number that neither the uploads here nor the manifest have. `stays`: its user has to be able to move it. */
  kept: 'unknown' | 'stays' | null;
}

/**
 * Chooses whom an entry is to belong to. A number in an archive is a claim of whoever made it: it counts when the uploads
 * here have it, or the manifest does, but never root by the manifest alone. What belonged to the owner of the data then
 * belongs to the one of now. A folder keeps the owner of the data who could not move it otherwise.
 */
export function chooseOwner(
  entry: UserAndGroup & { path: string; isFolder: boolean; mode: number },
  known: KnownOwners,
): ChosenOwner {
  const uid = chooseNumber('uid', entry, known);
  const gid = chooseNumber('gid', entry, known);
  const chosen = { uid: uid ?? known.here.uid, gid: gid ?? known.here.gid };
  if (!mayBelongTo(chosen, entry, known)) return { uid: known.here.uid, gid: chosen.gid, kept: 'stays' };
  return { ...chosen, kept: uid === null || gid === null ? 'unknown' : null };
}

/** The number to give; null when nothing knows the one of the archive. */
function chooseNumber(
  key: keyof UserAndGroup,
  entry: UserAndGroup,
  { here, before, live, manifest }: KnownOwners,
): number | null {
  const claimed = entry[key];
  if (claimed === here[key] || claimed === before?.[key]) return here[key];
  const isKnownHere = live.some((one) => one[key] === claimed);
  const isNoted = claimed > 0 && manifest.some((one) => one[key] === claimed);
  return isKnownHere || isNoted ? claimed : null;
}

/** Whether the owner of the data can still move it: out of a folder that is his, and a folder only when he may write it. */
function mayBelongTo(
  { uid, gid }: UserAndGroup,
  { path, isFolder, mode }: { path: string; isFolder: boolean; mode: number },
  { here, isSticky }: KnownOwners,
): boolean {
  if (uid === here.uid) return true;
  if (isSticky && !path.includes('/')) return false;
  if (!isFolder) return true;
  const rights = gid === here.gid ? mode >> 3 : mode;
  return (rights & 0o7) === 0o7;
}
