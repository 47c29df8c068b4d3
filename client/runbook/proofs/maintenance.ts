import { type Proof, shownIn } from '../proof.ts';

/** Windows, weekly work and their way back. */
export const maintenanceProofs: Readonly<Record<string, readonly Proof[]>> = {
  plannedMaintenance: [
    ...shownIn(
      'test/system/window.test.ts',
      'a window completes: new version, upgraded package, verified backup, nothing lost',
      'when the new version never becomes healthy',
      'when a person aborts during the stop',
    ),
    ...shownIn(
      'test/system/window-stopped.test.ts',
      'a gate that nobody answers changes nothing',
      'a second window at the same time is refused and names the first, whose abort at its gate leaves the host as it was',
      'a dry run lists the commands of every change and makes none',
      'an upgrade that restarts Docker is made in the stop, and FDTS comes up after it',
    ),
    ...shownIn(
      'test/system/kill.test.ts',
      'in the middle of every change of one window, its rehearsal too, which completes all the same',
    ),
    ...shownIn('test/system/kill-host.test.ts', 'when the host loses power while FDTS is stopped'),
    ...shownIn(
      'test/system/kill-server.test.ts',
      'the server is killed while FDTS is down and comes back: the window completes',
    ),
    ...shownIn(
      'test/system/ui.test.ts',
      'an operator starts the window with id, queue and type alone, reads the checklist, approves by signal and sees it complete',
    ),
    ...shownIn(
      'test/system/next-window.test.ts',
      'it opens by itself, on the clock of the host, and brings the new version; users read it at the proxy',
    ),
    ...shownIn(
      'test/system/rehearsal.test.ts',
      'a version that never becomes healthy is refused before anybody is asked, and FDTS is not touched',
    ),
    ...shownIn(
      'test/system/schema-choice.test.ts',
      'a new version that does not serve users, and has changed the schema, goes only when a person chooses so',
    ),
    ...shownIn(
      'test/system/foreign.test.ts',
      'a window brings the new version, and loses nothing that was acknowledged',
    ),
    ...shownIn(
      'test/system/absent-worker.test.ts',
      'a worker that is away while FDTS is stopped is told over the control worker, once, and the window goes on',
    ),
    ...shownIn(
      'test/fast/procedures/undo.test.ts',
      '%s: what counts by then is taken back, last first, and the run closes as its outcome says',
    ),
    ...shownIn(
      'test/fast/procedures/next-window.test.ts',
      'does not begin what will not fit: nothing is stopped, what was prepared is taken back',
    ),
    ...shownIn(
      'test/fast/procedures/users-hear.test.ts',
      'hear that it begins, before anything is stopped, and at the end that it is over',
    ),
  ],
  weeklyMaintenance: [
    ...shownIn(
      'test/system/weekly.test.ts',
      'everything with users served, the worker killed in every change: what others have stays, logging goes on',
      'a dry run, an abort at the gate and a schedule without approvals leave the host as it was',
      'an app that is not healthy on the tidied database is taken back, with what users left',
    ),
    ...shownIn(
      'test/fast/procedures/weekly-maintenance.test.ts',
      'does what was approved, says by whom and why, and leaves what may be somebody’s to a person',
    ),
  ],
  emergencyMaintenance: [
    ...shownIn(
      'test/system/emergency.test.ts',
      'a release that answers 500 is mended by an image tag, the worker killed in the change; a dry run and an abort at the gate change nothing',
      'an image that does not get healthy is taken back, the worker killed in its start, and nothing that users wrote is lost',
      'runs once and to its end although the worker is killed in the middle of it',
      'a named package is upgraded with users served, the worker killed in it',
    ),
    ...shownIn(
      'test/fast/procedures/emergency-maintenance.test.ts',
      'the change is made as it was approved, and its report says what is left to do',
    ),
  ],
  rollbackMaintenance: [
    ...shownIn(
      'test/system/restore.test.ts',
      'a window is rolled back twice: its images with the database kept, then its database too',
    ),
    ...shownIn(
      'test/system/rollback-kill.test.ts',
      'worker and swap are killed in every change and phase of a rollback, which completes all the same',
      'the host loses power in every phase of the swap of a rollback, which goes on to the end',
    ),
    ...shownIn(
      'test/fast/procedures/rollback-maintenance.test.ts',
      'with the database of before the gate shows what was written since, and it is salvaged',
    ),
  ],
};
