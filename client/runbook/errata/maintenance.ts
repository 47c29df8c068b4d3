import { shownIn } from '../proof.ts';
import type { Erratum } from './erratum.ts';

const WINDOW = shownIn(
  'test/system/window.test.ts',
  'a window completes: new version, upgraded package, verified backup, nothing lost',
);

/** Windows, weekly work, and when they start. */
export const maintenanceErrata: readonly Erratum[] = [
  {
    number: 1,
    section: 'Database Corruption 2; Planned Maintenance 5',
    procedures: ['plannedMaintenance', 'databaseCorruption'],
    command: '`docker-compose stop app`, then `docker-compose exec app sqlite3 …`',
    happens:
      'A container that is stopped runs nothing: `exec` fails, so integrity is never checked and VACUUM never runs.',
    instead:
      'Works on the database file itself, which is there whether or not the app runs, once it is proven that no process has it open.',
    shownBy: [
      ...WINDOW,
      ...shownIn(
        'test/system/mend.test.ts',
        'a live database whose page is overwritten: stopped, stays stopped through silence, kill and reboot; then restored',
      ),
    ],
  },
  {
    number: 2,
    section: 'Rollback Procedures 2',
    procedures: ['rollbackMaintenance'],
    command: '`docker-compose down`, then `exec backup restore.sh …/pre_maintenance_backup.tar.gz`',
    happens: 'There is no container left to run it in, and `backup.sh` never makes an archive of that name.',
    instead:
      'Needs no container, and guesses no name: what the window kept (images, database) carries the name of its run, and its report names the backup.',
    shownBy: shownIn(
      'test/system/restore.test.ts',
      'a window is rolled back twice: its images with the database kept, then its database too',
    ),
  },
  {
    number: 8,
    section: 'Weekly Maintenance 2',
    procedures: ['weeklyMaintenance', 'plannedMaintenance', 'uploadFailures'],
    command: '`docker system prune -f`, `docker volume prune -f`',
    happens:
      'Engines before 23 delete every named volume that nothing uses at that moment: run while services are down, it deletes their data.',
    instead:
      'Removes exactly what the plan lists, by id and without force, and nothing at all while a service of the project is down, since what belongs to it would look unused. Never a volume that carries a compose label, that a compose file names or that somebody named. Says what went and how much it freed.',
    shownBy: [
      ...shownIn(
        'test/system/weekly.test.ts',
        'everything with users served, the worker killed in every change: what others have stays, logging goes on',
      ),
      ...shownIn(
        'test/fast/activities/docker-clean-up.test.ts',
        'while %s nothing is removed, and it says which service is down',
      ),
      ...shownIn(
        'test/fast/activities/choose-unused.test.ts',
        'only those that nobody named, labelled, mentioned or uses are even doubtful; none is plain',
      ),
    ],
  },
  {
    number: 9,
    section: 'Planned Maintenance 4',
    procedures: ['plannedMaintenance', 'emergencyMaintenance', 'disasterRecovery'],
    command: '`docker-compose pull`',
    happens: 'Fails at an image that is only built here; a script that ends at errors leaves the app down.',
    instead:
      'Pulls by digest what a registry has and builds what has a build section, under names of the run: nothing that serves moves before the stop.',
    shownBy: [
      ...WINDOW,
      ...shownIn(
        'test/hosts/adapters.test.ts',
        'a pull by digest and a build leave the tags of the services where they are',
        'a name that no registry has says why there is no digest',
      ),
    ],
  },
  {
    number: 10,
    section: 'Planned Maintenance, the order of its steps',
    procedures: ['plannedMaintenance', 'emergencyMaintenance'],
    command: '`stop`, then apt, pull and `build --no-cache`',
    happens: 'Users wait for downloads and builds: 46.0 s on a small stack, 4.5 s with the same done before.',
    instead:
      'Packages are downloaded, images pulled and built, the window rehearsed and the backup made and proven while users work; between stop and cut-over only what needs the stop.',
    shownBy: [
      ...shownIn(
        'test/fast/procedures/planned-maintenance.test.ts',
        'all that can be prepared is done before users are shut out',
      ),
      ...WINDOW,
    ],
  },
  {
    number: 15,
    section: 'Weekly Maintenance, schedule',
    procedures: ['weeklyMaintenance', 'plannedMaintenance'],
    command: 'Sunday 02:00, local time',
    happens: 'On the Sunday in spring on which clocks leave 02:00 out there is no run.',
    instead:
      'Schedules name their timezone. On a day on which the hour does not exist, or comes twice, the run is once, at 03:30, and `schedules` says so.',
    shownBy: [
      ...shownIn(
        'test/fast/client/schedules.test.ts',
        'on days whose hour does not exist or comes twice run once, at 03:30, on the server too',
      ),
      ...shownIn(
        'test/fast/client/schedule-dates.test.ts',
        'are at 03:30 where 02:00 is left out, and say so',
      ),
    ],
  },
  {
    number: 20,
    section: 'Weekly Maintenance 1; Planned Maintenance 3',
    procedures: ['plannedMaintenance', 'weeklyMaintenance', 'emergencyMaintenance'],
    command: '`apt update && apt upgrade -y`',
    happens:
      'Waits at prompts for changed configuration files, fails on the lock of unattended-upgrades, may restart Docker or the worker in the middle, installs what is newest at that second; a kill leaves packages half configured.',
    instead:
      'Exactly the approved versions, without prompts, changed configuration files kept, the lock waited for, restarts put off to a step of their own. What a kill cut off is put right by the next attempt, and a reboot that is wanted is said.',
    shownBy: [
      ...shownIn(
        'test/hosts/packages.test.ts',
        'installs what was planned, keeps the changed conffile, leaves marks and policy as they were',
        'puts off a restart of Docker until it is asked for, and goes on when the worker is killed',
        'cut off in the middle is put right by the next attempt, the policy too',
      ),
      ...shownIn(
        'test/system/window-stopped.test.ts',
        'an upgrade that restarts Docker is made in the stop, and FDTS comes up after it',
      ),
    ],
  },
  {
    number: 21,
    section: 'Weekly Maintenance and Planned Maintenance, schedules',
    procedures: ['weeklyMaintenance', 'plannedMaintenance'],
    command: 'both start on Sunday at 02:00',
    happens: 'They collide on the first Sunday of every month.',
    instead:
      'The monthly window includes the weekly steps and wins: on its day the scheduled weekly run says so and ends, before it asks for the host.',
    shownBy: [
      ...shownIn(
        'test/fast/procedures/weekly-maintenance.test.ts',
        'on the day of the monthly window says so and ends, before it asks for the hold',
      ),
      ...WINDOW,
    ],
  },
];
