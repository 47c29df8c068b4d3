import type { CheckResult } from '../contracts/calls.ts';
import type { CorruptionSurvey, DamagedFile, StagedNewestGood } from '../contracts/mending-plan.ts';
import type { ReportSection } from '../contracts/report.ts';
import type { RestoreLoss, StagedRestore } from '../contracts/restore-plan.ts';
import { backupLines, lossLines, remarkLines, rowLines } from './restore-backup-plan.ts';

/** What a person does about a database that is left corrupt, in order. */
export const leftToDo = [
  'fdts-ops start databaseCorruption    # looks for a good backup again, and asks for the approval',
  '# no good backup: copy one into backups.folder of the host first (fdts-ops start backupVerification lists what is there)',
  '# without any: a copy of the damaged files for "sqlite3 … .recover" or a specialist; they lie untouched in their place',
];

/** What a person approves before a backup takes the place of a corrupt database. */
export function mendingPlan(
  survey: CorruptionSurvey,
  {
    found,
    staged,
    loss,
    damaged,
    salvaged,
  }: {
    readonly found: StagedNewestGood;
    readonly staged: StagedRestore;
    readonly loss: RestoreLoss;
    readonly damaged: { readonly files: readonly DamagedFile[] };
    readonly salvaged: readonly string[];
  },
): ReportSection[] {
  return [
    {
      title: titleOf(found, staged),
      lines: [...backupLines(survey, staged), ...lackingLines(found, staged)],
    },
    { title: 'Newer ones that are bad', lines: badLines(found) },
    { title: 'Newer ones that are PARTIAL, passed over for a whole one', lines: passedOverLines(found) },
    { title: 'Could not be read: a newer good one may be among these', lines: found.unread ?? [] },
    { title: 'Lost with the damaged database', lines: lostLines(staged, loss) },
    { title: 'Salvaged already, into a file that stays once the restore is approved', lines: salvaged },
    {
      title: 'Damaged files, kept aside',
      lines: damaged.files.map(damagedLine),
    },
    { title: 'To know', lines: remarkLines(survey.checks) },
    {
      title: 'Without an approval',
      lines: [
        'FDTS stays stopped, and every other change of the host is refused, until a later run is approved',
      ],
    },
  ].filter(({ lines }) => lines.length > 0);
}

/** A host's worker of an earlier version looks for a whole one first; runs that it began are approved by this very text. */
function titleOf({ passedOver }: StagedNewestGood, { partial }: StagedRestore): string {
  if (passedOver !== undefined && partial === true)
    return 'Backup: PARTIAL, the newest one; no good one is whole';
  return passedOver !== undefined && passedOver.length > 0
    ? 'Backup: the newest good one that is whole'
    : 'Backup: the newest good one';
}

/** A host's worker of an earlier version swaps the uploads also for those of a partial one. */
function lackingLines({ passedOver }: StagedNewestGood, { partial }: StagedRestore): string[] {
  return passedOver !== undefined && partial === true
    ? [
        'its uploads take the place of those of now, which lie aside afterwards: what it lacks, or has at a wrong path, is put back from there by hand',
      ]
    : [];
}

/** See `titleOf`. */
export function passedOverLines({ passedOver = [] }: StagedNewestGood): string[] {
  const [newest] = passedOver;
  if (newest === undefined) return [];
  const input = JSON.stringify({ archive: newest.archive });
  return [
    ...passedOver.map(({ archive, why }) => `${archive}: ${why}`),
    `their databases are whole; to take the newest of them: approve, and once users are in again start restoreBackup with ${input}, whose gate counts what that takes`,
  ];
}

/** Where the uploads stay, none of them is lost; but users see an upload only with its row. */
function lostLines({ keepsUploads }: StagedRestore, loss: RestoreLoss): string[] {
  if (keepsUploads !== true) return lossLines(loss);
  const { count, notInBackup, onlyInBackup } = loss.uploads;
  return [
    ...rowLines(loss),
    `uploads: none, all ${count} stay in their place; ${notInBackup} of them are not in the backup at their path, and need their rows`,
    ...(onlyInBackup === null || onlyInBackup === 0
      ? []
      : [
          `uploads of the backup that are not there now (deleted or moved since, or lost with the database, or at a wrong path in it): ${onlyInBackup}; the app does not find them until they are put back by hand`,
        ]),
  ];
}

/** What a person approves before FDTS starts on a database that is sound, although it was found corrupt before. */
export function soundPlan(survey: CorruptionSurvey, checks: readonly CheckResult[]): ReportSection[] {
  return [
    { title: 'Database', lines: checks.map(({ name, status, got }) => `${name}: ${status}, ${got}`) },
    { title: 'Starts', lines: [survey.startOrder.join(', ')] },
    { title: 'To know', lines: remarkLines(survey.checks) },
  ].filter(({ lines }) => lines.length > 0);
}

/** A damaged file as it was found, or why it could not be read. */
export function damagedLine({ file, bytes, sha256, unreadable }: DamagedFile): string {
  return `${file}, ${bytes} bytes, ${sha256 === null ? `NOT READ: ${unreadable}` : `sha256 ${sha256}`}`;
}

/** Which archives were bad, and why. */
export function badLines({ bad }: StagedNewestGood): string[] {
  return bad.map(({ archive, why }) => `${archive}: ${why}`);
}
