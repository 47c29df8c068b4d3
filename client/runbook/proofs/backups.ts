import { type Proof, shownIn } from '../proof.ts';

const RECOVERY = 'test/system/disaster-recovery.test.ts';
const FOREIGN = 'test/system/foreign.test.ts';

/** Backups, and what is made of them. */
export const backupProofs: Readonly<Record<string, readonly Proof[]>> = {
  manualBackup: [
    ...shownIn(
      'test/system/site-backup.test.ts',
      "the site's own script makes the backup; it is proven, copied and recorded like ours",
    ),
    ...shownIn(
      FOREIGN,
      'a verified backup of an app that was not made for fdts-ops, in the layout that its administrator knows',
    ),
    ...shownIn(
      'test/fast/procedures/configuration-bundle.test.ts',
      'a backup without a bundle is made, and says that there is none and what to do',
    ),
  ],
  restoreBackup: [
    ...shownIn(
      'test/system/restore.test.ts',
      'a backup is restored while users work: they get its data, and all that they wrote since is accounted for',
      'a backup on which users cannot sign in is taken back, and nothing that they wrote is missing',
    ),
    ...shownIn(
      'test/system/restore-kill.test.ts',
      'in the middle of every change of a restore, which completes all the same',
      'the process that swaps is killed in every phase, and in every phase of the way back: each ends whole',
      'in every phase of the swap: the restore goes on to the end',
    ),
    ...shownIn(
      'test/fast/procedures/restore-backup.test.ts',
      'the gate shows hash, age, what would be lost and the downtime; then it is done, with the salvage in the report',
    ),
  ],
  backupVerification: [
    ...shownIn(
      'test/system/deep-verification.test.ts',
      'the app is booted from the newest good backup, apart from FDTS, also when the worker is killed meanwhile',
      'a backup that is whole, but on which nobody can sign in, is told with what answers it',
    ),
    ...shownIn(FOREIGN, "the archive of the site's own script is found and proven"),
    ...shownIn(
      'test/fast/procedures/backup-verification.test.ts',
      'names the one bad archive and what answers it, and hides none of the good ones',
    ),
  ],
  backupFailure: [
    ...shownIn(
      'test/system/backup-failure.test.ts',
      'a stopped service is started, and a backup is made and proven; then there is nothing to do',
      'a full disk: old backups go only after an approval that lists them, the worker killed in it, and a proven one is made',
    ),
    ...shownIn(
      'test/system/watch.test.ts',
      'a host that has no backup gets one, by what the watch itself has seen',
    ),
    ...shownIn(
      'test/fast/procedures/backup-failure.test.ts',
      'a backup that cannot be made is told with the cause that was found, and needs attention',
    ),
  ],
  disasterRecovery: [
    ...shownIn(
      RECOVERY,
      'a machine without Docker is FDTS after one command, or by a run, in a drill and for users; killed before they are in it is taken back, after that finished; the old machine, once it is back, is fenced off, its worker killed in every change',
      'a drill beside a running FDTS leaves it alone',
    ),
    ...shownIn(
      'test/fast/procedures/disaster-recovery.test.ts',
      'a real one on a machine that has data changes nothing before a person approves what is moved aside',
      'a service that is not up in time after users were let in takes nothing away: boot and fence follow, and it is told',
    ),
  ],
  retireHost: [
    ...shownIn(
      RECOVERY,
      'a machine without Docker is FDTS after one command, or by a run, in a drill and for users; killed before they are in it is taken back, after that finished; the old machine, once it is back, is fenced off, its worker killed in every change',
    ),
    ...shownIn(
      'test/fast/procedures/retire-host.test.ts',
      'is stopped, kept stopped, and stays contained: only a person there makes it FDTS again',
      'that was never away and serves is stopped only when a person approves',
      'that booted after it was asked for was away: it is stopped at once, although it serves',
    ),
  ],
};
