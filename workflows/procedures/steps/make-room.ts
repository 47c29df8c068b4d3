/** What a person can do about full disks: nothing of it is a run's to decide. */
export function makeRoom(places: readonly string[]): string[] {
  return [
    `make room on the disk of ${places.join(', ')}, or give it more: du -xh --max-depth=2 PLACE | sort -h | tail`,
    "old backups on it: fdts-ops start backupFailure, or fewer of them by backups.keep; users' uploads are for their owners to remove",
    'then: fdts-ops start uploadFailures',
  ];
}
