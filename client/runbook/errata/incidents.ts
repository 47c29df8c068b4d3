import { shownIn } from '../proof.ts';
import type { Erratum } from './erratum.ts';

const INCIDENT = shownIn(
  'test/system/security-incident.test.ts',
  'an incident shuts users out everywhere, survives reboot and a worker killed in every change, and ends by an approval alone',
);

/** The security incident, and what keeps users from working. */
export const incidentErrata: readonly Erratum[] = [
  {
    number: 3,
    section: 'Security Incident 3',
    procedures: ['securityIncident'],
    command: '`openssl rand -base64 64`, `sed "s/JWT_SECRET=.*/…/"`',
    happens:
      'The new value has `/` in it and wraps over two lines: `sed` fails and the secret stays the old one. With other delimiters the pattern, which is not anchored, would change other keys too.',
    instead:
      'Reads the env file as what it is, and gives those keys alone a new value of one line. Mode, owner and every other byte stay; the new file takes the place of the old one in one rename, so that a kill leaves one of the two.',
    shownBy: [
      ...INCIDENT,
      ...shownIn(
        'test/fast/incident/env-file.test.ts',
        'only the lines of the keys change, every other byte stays: %s',
        'new random values of one line each; mode and owner stay, and no value is told',
      ),
    ],
  },
  {
    number: 4,
    section: 'Security Incident 1',
    procedures: ['securityIncident'],
    command: '`ufw deny 80`, `ufw deny 443`',
    happens:
      "Seen from another machine FDTS still answers 200: with ufw inactive the rules are only noted, and with ufw active Docker's published ports never pass them.",
    instead:
      "Rules in the chain that Docker's traffic really passes (`DOCKER-USER`, by the port that was dialled) and before every other one, for IPv4, IPv6 and open connections; in ufw besides where that is active. In force before Docker publishes ports at a boot, and proven from outside of the host, else `not proven`.",
    shownBy: [
      ...INCIDENT,
      ...shownIn(
        'test/system/disaster-recovery.test.ts',
        'an incident on the new machine: the worker of another host proves that users are shut out',
      ),
    ],
  },
  {
    number: 5,
    section: 'Security Incident 2, 4',
    procedures: ['securityIncident'],
    command: 'evidence to `/tmp`, then `docker-compose down`',
    happens:
      'The logs of nginx and backup go with their containers; everybody may read `/tmp`, and a boot clears it.',
    instead:
      'Logs of all services, journal, audit rows, inspect, diff and export of every container and hashes of the files lie in a folder of mode 0700 with a sealed manifest before any step that destroys something. When a piece cannot be kept, a person is asked first.',
    shownBy: [
      ...INCIDENT,
      ...shownIn('test/fast/incident/evidence.test.ts', 'evidence is private, and as it was sealed'),
      ...shownIn(
        'test/fast/procedures/security-incident.test.ts',
        'evidence that cannot be kept asks first, since what follows destroys it',
      ),
    ],
  },
  {
    number: 6,
    section: 'File Upload Failures, solution 1',
    procedures: ['uploadFailures'],
    command: '`chmod -R 644 /app/uploads`',
    happens: 'Folders lose their x bit: for an app that is not root every upload below them is out of reach.',
    instead:
      'Files 644, folders 755, and only those that differ. Which they were, and what they had, is written to a list on the host first: it is what takes the repair back.',
    shownBy: [
      ...shownIn(
        'test/system/upload-failures.test.ts',
        'uploads that the app may not write are possible again, only what was wrong is changed, the worker killed in it',
      ),
      ...shownIn(
        'test/fast/data-owner/upload-modes.test.ts',
        'what chmod -R 644 did is repaired: folders get their x bit, files stay, the folder itself stays as closed as it was',
      ),
      ...shownIn(
        'test/fast/activities/upload-modes.test.ts',
        'what is repaired after chmod -R 644 stands in a list of the host, and the list takes it back',
      ),
    ],
  },
  {
    number: 22,
    section: 'Security Incident 3, "change all credentials"; Planned Maintenance, "full system backup"',
    procedures: ['securityIncident', 'plannedMaintenance', 'manualBackup', 'disasterRecovery'],
    command: 'two JWT keys; `backup.sh`',
    happens:
      'Every other key of the env file stays as it was; compose files, configuration of nginx, certificates and env file are in no backup.',
    instead:
      'Renews the keys that `incident.secrets` names, and names the others that look secret as left to do. Beside every backup that a run makes lies an encrypted bundle of the configuration, proven by decrypting it.',
    shownBy: [
      ...INCIDENT,
      ...shownIn(
        'test/system/window.test.ts',
        'a window completes: new version, upgraded package, verified backup, nothing lost',
      ),
      ...shownIn('test/fast/incident/env-file.test.ts', 'what looks secret is named, what does not is not'),
      ...shownIn(
        'test/fast/configuration-bundle/make-bundle.test.ts',
        'holds exactly what deploys FDTS again, and belongs to the owner of the backups',
      ),
    ],
  },
];
