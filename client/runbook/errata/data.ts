import { shownIn } from '../proof.ts';
import type { Erratum } from './erratum.ts';

/** Backups, the database, and what a log says. */
export const dataErrata: readonly Erratum[] = [
  {
    number: 7,
    section: 'Manual Backup 2, 3',
    procedures: ['manualBackup', 'plannedMaintenance', 'emergencyMaintenance', 'backupFailure'],
    command: '`exec backup ls -t …/*.tar.gz`, `docker cp …:/app/backups/$LATEST_BACKUP`',
    happens:
      'Without a shell the pattern is not expanded, and the path is doubled: no file is found, nothing is copied.',
    instead:
      'The run knows the exact path of the archive that it made, copies it by that, and compares the hash of the copy.',
    shownBy: [
      ...shownIn(
        'test/system/site-backup.test.ts',
        "the site's own script makes the backup; it is proven, copied and recorded like ours",
      ),
      ...shownIn(
        'test/fast/data-owner/full-disk.test.ts',
        'a copy is verified, repeated without work, and never overwrites another file',
      ),
    ],
  },
  {
    number: 11,
    section: 'every `ls -la | tail`',
    procedures: ['restoreBackup', 'databaseCorruption', 'backupVerification', 'dailyHealthCheck'],
    command: '`ls -la /app/backups/ | tail -5`',
    happens: 'The last by name: parts of archives, files of others, and the wrong order across timezones.',
    instead:
      'The newest by the time of its data (of the manifest, else of the name), among complete archives that were verified; a newer one that was not is named.',
    shownBy: [
      ...shownIn(
        'test/system/mend.test.ts',
        'a live database whose page is overwritten: stopped, stays stopped through silence, kill and reboot; then restored',
      ),
      ...shownIn(
        'test/fast/activities/find-archive.test.ts',
        'without a name it is the newest verified one, and a newer one that was not is named',
      ),
      ...shownIn(
        'test/fast/data-owner/uploads-and-backups.test.ts',
        'backups are found by the time in their name; parts, strangers and impossible times are not backups',
      ),
    ],
  },
  {
    number: 12,
    section: 'Daily Health Check 4',
    procedures: ['dailyHealthCheck', 'plannedMaintenance', 'highErrorRate'],
    command: '`docker-compose logs … app | grep -i error`',
    happens: 'Ends with code 1 when there is no error, and finds the line "0 errors".',
    instead:
      'Counts lines by level, and shows the most frequent kinds of message with names, numbers and addresses taken out.',
    shownBy: [
      ...shownIn('test/hosts/adapters.test.ts', 'a log gives counts that can leave the host'),
      ...shownIn('test/fast/adapters/summarise-log.test.ts', '"%s" is no error'),
    ],
  },
  {
    number: 13,
    section: 'every `sqlite3` with a path',
    procedures: ['databaseCorruption', 'backupVerification', 'restoreBackup', 'applicationDown'],
    command: '`sqlite3 database.sqlite "PRAGMA integrity_check"`',
    happens: 'Where there is no file it makes an empty database, and answers `ok`.',
    instead:
      'Opens for reading what has to be there. A file that is missing or empty, or without the tables of the app, is a failure; tables and rows are counted and compared.',
    shownBy: [
      ...shownIn(
        'test/fast/data-owner/inspect-database.test.ts',
        'a path without a database is an error, and none is created there',
        'a file with 0 bytes and a database without tables are empty, not healthy',
      ),
      ...shownIn(
        'test/fast/activities/judge-database.test.ts',
        'a file that is missing is corrupt, and is not made',
        'a database of another program is corrupt: it lacks the tables of the app',
      ),
      ...shownIn(
        'test/system/missing-database.test.ts',
        'a database file that is gone is not taken for an empty one: it comes back from the newest backup',
      ),
    ],
  },
  {
    number: 14,
    section: 'Manual Backup 1, names of archives',
    procedures: ['manualBackup', 'plannedMaintenance', 'emergencyMaintenance', 'backupFailure'],
    command: '`date +%Y%m%d_%H%M%S`',
    happens: 'Two backups in one second overwrite each other, and in autumn an hour of local time repeats.',
    instead: 'Named in UTC, one file for each run; an archive that is there is never written over.',
    shownBy: [
      ...shownIn(
        'test/fast/engine/stamp.test.ts',
        'sorts as time does, also in the hour that comes twice in autumn, in whatever zone the worker runs',
      ),
      ...shownIn(
        'test/fast/data-owner/create-backup.test.ts',
        'of two backups with one name one is made, and the other is refused without touching it',
        'an archive of another run, or a stranger under its name, is never overwritten',
      ),
      ...shownIn(
        'test/system/missing-database.test.ts',
        'a backup is named by its time in UTC, whatever zone the host is in',
      ),
    ],
  },
  {
    number: 16,
    section: 'Manual Backup 1',
    procedures: ['manualBackup', 'plannedMaintenance', 'emergencyMaintenance', 'backupFailure'],
    command: '`sqlite3 .backup`, as `backup.sh` does it',
    happens:
      'Begins anew at each write of the app: with 200 writes a second it had not ended after 25 s and 4,960 beginnings.',
    instead:
      'Pins one state of the database by a read transaction first, which writers pass: 1.4 s at most for 525 MB, and no beginning anew.',
    shownBy: shownIn(
      'test/fast/data-owner/live-database.test.ts',
      'while the app writes %d times a second a backup ends, holds one commit, and fails no write',
    ),
  },
  {
    number: 17,
    section: 'every `sqlite3` on the live database',
    procedures: [
      'weeklyMaintenance',
      'databasePerformanceCheck',
      'highErrorRate',
      'slowResponse',
      'manualBackup',
    ],
    command: "Debian 12's `sqlite3`, 3.40.1",
    happens:
      'Versions from 3.7.0 to 3.51.2 can corrupt the file when two programs write its log back at the same time.',
    instead:
      "Opens the live file with its own, fixed library only, and refuses to with an older one. The checks before a backup and a window name the app's own library when it is an old one, and nothing is then written beside the running app.",
    shownBy: [
      ...shownIn(
        'test/system/weekly.test.ts',
        'an app that is not healthy on the tidied database is taken back, with what users left',
      ),
      ...shownIn(
        'test/fast/data-owner/live-database.test.ts',
        'a library that can corrupt a database which two programs have open is known by its version',
        "the app's own library is found out from the file, and an old one is a warning",
      ),
      ...shownIn('test/fast/activities/choose-optimize.test.ts', 'an old SQLite of the app means a stop'),
    ],
  },
  {
    number: 18,
    section: 'Restore',
    procedures: ['restoreBackup', 'databaseCorruption', 'rollbackMaintenance', 'plannedMaintenance'],
    command: 'the database file replaced, its old `-wal` left beside it',
    happens: '20 of 20 databases were corrupt.',
    instead:
      'The log is written into the old database before the swap, or moved away with it; when neither can be done nothing is swapped.',
    shownBy: [
      ...shownIn(
        'test/system/restore.test.ts',
        'a backup is restored while users work: they get its data, and all that they wrote since is accounted for',
      ),
      ...shownIn(
        'test/fast/data-owner/live-database.test.ts',
        'what a killed app left in its log is in the backup, and a restore over it leaves no log behind',
      ),
      ...shownIn('test/fast/data-owner/restore.test.ts', 'a log that cannot be moved away'),
    ],
  },
  {
    number: 19,
    section: 'Backup Verification 2',
    procedures: ['backupVerification', 'manualBackup', 'plannedMaintenance', 'restoreBackup'],
    command: '`tar -tzf … > /dev/null; echo $?`',
    happens:
      'Accepts an archive without its end; other programs accept more: an empty file, one that was cut inside a member.',
    instead:
      'Size, both end blocks, hash, integrity, foreign keys, rows and every upload, by restoring all of it into scratch.',
    shownBy: [
      ...shownIn(
        'test/system/mend.test.ts',
        'a live database whose page is overwritten: stopped, stays stopped through silence, kill and reboot; then restored',
      ),
      ...shownIn(
        'test/fast/data-owner/refused-backups.test.ts',
        '%s is refused even without a manifest',
        'one flipped bit is found wherever it is',
      ),
    ],
  },
];
