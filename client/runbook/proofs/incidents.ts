import { type Proof, shownIn } from '../proof.ts';

const MEND = 'test/system/mend.test.ts';
const TROUBLE = 'test/system/troubleshooting.test.ts';
const TROUBLE_FAST = 'test/fast/procedures/troubleshooting.test.ts';

/** What keeps users from working. */
export const incidentProofs: Readonly<Record<string, readonly Proof[]>> = {
  applicationDown: [
    ...shownIn(
      MEND,
      'an app that is up is left alone; one that was killed is restarted, and one without a container made anew',
    ),
    ...shownIn(
      'test/system/watch.test.ts',
      'an app that dies is found by the watch itself and mended once, and users are served again',
      'an app that dies is found by Prometheus, and its alert, however often it is sent, is answered once',
    ),
    ...shownIn(
      'test/system/held-port.test.ts',
      'a port that the engine holds for nobody after a power failure is freed, and FDTS serves again',
    ),
    ...shownIn(
      'test/fast/procedures/application-down.test.ts',
      'when nothing helps and the database is sound, it needs an operator and says what was tried',
    ),
  ],
  databaseCorruption: [
    ...shownIn(
      MEND,
      'a live database whose page is overwritten: stopped, stays stopped through silence, kill and reboot; then restored',
      'an app that cannot start on an overwritten database: its procedure restores the newest one, and uploads that its backup has at a wrong path stay',
    ),
    ...shownIn(
      'test/fast/procedures/database-corruption.test.ts',
      'stops FDTS at once, shows what would be lost, and is replaced after an approval',
    ),
  ],
  securityIncident: [
    ...shownIn(
      'test/system/security-incident.test.ts',
      'an incident shuts users out everywhere, survives reboot and a worker killed in every change, and ends by an approval alone',
    ),
    ...shownIn(
      'test/system/disaster-recovery.test.ts',
      'an incident on the new machine: the worker of another host proves that users are shut out',
    ),
    ...shownIn(
      'test/fast/procedures/security-incident.test.ts',
      'isolates before it takes the host, keeps evidence before it destroys any, and lets in by approval only',
      'services that do not start again leave the incident open',
      'are told, and the gate asks again: nobody approves without having seen them',
    ),
  ],
  slowResponse: [
    ...shownIn(
      TROUBLE,
      'an app that answers late is fast again after a restart that a person approves, the worker killed in it',
    ),
    ...shownIn(
      'test/fast/procedures/slow-response.test.ts',
      'tidies the database when the restart did not help, and tells what is left when that does not either',
    ),
  ],
  uploadFailures: [
    ...shownIn(
      'test/system/upload-failures.test.ts',
      'uploads that the app may not write are possible again, only what was wrong is changed, the worker killed in it',
      'a full disk of the uploads is named, and nothing is removed for it; a person makes room, and users upload again',
      'a proxy that still runs with a limit that is no longer configured is restarted, once a person approves, the worker killed in it',
    ),
    ...shownIn(
      TROUBLE_FAST,
      'on a full disk what nothing uses goes, once a person has read the list, and then it is tried again',
    ),
  ],
  authenticationFailures: [
    ...shownIn(
      TROUBLE,
      'a secret that was removed is named, never shown; a person sets it, and users sign in again',
    ),
    ...shownIn(
      TROUBLE_FAST,
      'after a restart that does not help a person gets a list, and the login is tried once more',
    ),
  ],
};
