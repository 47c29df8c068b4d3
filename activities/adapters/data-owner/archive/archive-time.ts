const ARCHIVE_NAME = /^fdts_backup_(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)\.tar\.gz$/;

/** The furthest that a clock on the wall is from UTC (14 hours), and an hour to make the archive in. */
const FURTHEST_LOCAL_TIME_MS = 15 * 3_600_000;

/** The time that an archive's name says when it is read as UTC; null when the name says none. */
export function timeInName(name: string): Date | null {
  const match = ARCHIVE_NAME.exec(name);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second] = match;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const time = new Date(text);
  const isRealTime = !Number.isNaN(time.getTime()) && time.toISOString() === text;
  return isRealTime ? time : null;
}

/**
 * When the site's own script made an archive. The name is in the local time of its container, which nobody knows from
 * here, and which repeats in autumn. So the file's time counts, as long as the name can mean it in some timezone; a file
 * that was copied here or touched later has a time that says nothing, and then the name is read as UTC.
 */
export function timeOfSiteArchive(inName: Date | null, modified: Date): Date {
  if (inName === null) return modified;
  const isNear = Math.abs(modified.getTime() - inName.getTime()) <= FURTHEST_LOCAL_TIME_MS;
  return isNear ? modified : inName;
}
