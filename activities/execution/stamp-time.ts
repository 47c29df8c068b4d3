/** When a run began, in milliseconds since the epoch, by its stamp (`YYYYMMDD_HHMMSS`, UTC). */
export function timeOfStamp(stamp: string): number {
  return Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3T$4:$5:$6Z'));
}
