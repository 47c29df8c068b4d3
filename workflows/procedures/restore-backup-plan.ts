import type { CheckResult } from '../contracts/calls.ts';
import type { ReportSection } from '../contracts/report.ts';
import {
  PARTIAL,
  type RestoreLoss,
  type RestoreSurvey,
  type StagedRestore,
  type TableLoss,
} from '../contracts/restore-plan.ts';
import { isOtherSchema } from '../contracts/schema-of.ts';
import { formatSeconds } from '../engine/checklist.ts';

/** What a person approves before a restore stops anything. */
export function planSections(
  survey: RestoreSurvey,
  staged: StagedRestore,
  loss: RestoreLoss,
): ReportSection[] {
  return [
    { title: 'Backup', lines: backupLines(survey, staged) },
    { title: 'Lost with the live data of now (salvaged to a file)', lines: lossLines(loss) },
    { title: 'To know', lines: remarkLines(survey.checks) },
    {
      title: 'Stops',
      lines: [`${survey.stopOrder.join(', ')}; started again in the order ${survey.startOrder.join(', ')}`],
    },
    {
      title: 'Expected downtime',
      lines: [
        survey.lastDowntimeSeconds === null
          ? 'a stop, renames and a start: not measured on this host yet'
          : `${formatSeconds(survey.lastDowntimeSeconds)}, as the last restore measured`,
      ],
    },
    {
      title: 'Way back',
      lines: [
        'until the cut-over the live database and uploads are moved back whole, by itself. After it they stay aside until maintenance.rollbackRetention ends',
      ],
    },
  ].filter(({ lines }) => lines.length > 0);
}

/** Which backup it is, and how old; what of users it lacks goes first. */
export function backupLines(
  survey: Pick<RestoreSurvey, 'schemaHash' | 'userVersion'>,
  staged: StagedRestore,
): string[] {
  const { archive, bytes, sha256, createdAt, findings, userVersion } = staged;
  const hasOtherSchema = isStaged(staged) && isOtherSchema(survey, staged);
  // Not in a run of an earlier version: the code of a plan that was approved then must stay what it was.
  const goesFirst = (finding: string) => staged.isCompared !== undefined && finding.startsWith(PARTIAL);
  const lacks = findings.filter(goesFirst);
  return [
    ...lacks,
    `${archive}, ${bytes} bytes, sha256 ${sha256}`,
    `made ${createdAt}${ageOf(createdAt)}; ${rowsOf(staged).join(', ')}`,
    ...(hasOtherSchema
      ? [
          `ITS SCHEMA IS NOT THAT OF THE LIVE DATABASE (user_version ${userVersion}, live ${survey.userVersion ?? 'not known'}): the app must know it`,
        ]
      : []),
    ...findings.filter((finding) => !lacks.includes(finding)),
  ];
}

/** What was proven of the data before it took the place of the live data: a backup that is not whole is never staged. */
export function restoredCheck(staged: StagedRestore): CheckResult {
  const check = { name: 'integrity of the restored database', expected: 'ok' } as const;
  if (!isStaged(staged)) return { ...check, status: 'skipped', got: 'known only at run time' };
  const { notProven = [] } = staged;
  if (notProven.length > 0)
    return { ...check, status: 'not proven', got: `no damage found; ${notProven.join('; ')}` };
  return { ...check, status: 'pass', got: ['ok', ...rowsOf(staged)].join(', ') };
}

function rowsOf({ coreRows, uploads }: StagedRestore): string[] {
  return [...Object.entries(coreRows).map(([name, count]) => `${count} ${name}`), `${uploads.count} uploads`];
}

/** In a dry run nothing is, and nothing of it is known. */
export function isStaged({ sha256 }: StagedRestore): boolean {
  return sha256.length === 64;
}

function ageOf(createdAt: string): string {
  const hours = (Date.now() - Date.parse(createdAt)) / 3_600_000;
  if (Number.isNaN(hours)) return '';
  if (hours < 1) return `, ${Math.max(0, Math.round(hours * 60))} minutes ago`;
  return hours < 48 ? `, ${Math.round(hours)} hours ago` : `, ${Math.round(hours / 24)} days ago`;
}

/** What users would lose, rows and uploads, in numbers. */
export function lossLines(loss: RestoreLoss): string[] {
  const { count, notInBackup, differing, links = 0, onlyInBackup } = loss.uploads;
  return [
    ...rowLines(loss),
    `uploads: ${notInBackup} of ${count} would be gone, ${differing} would be as they were`,
    ...(links === 0
      ? []
      : [
          `links among the uploads: ${links}; no backup has them, they would lie aside with the rest: put back by hand those that are needed`,
        ]),
    ...(onlyInBackup === null || onlyInBackup === 0
      ? []
      : [`uploads that users deleted or moved since: ${onlyInBackup}; they would be there again`]),
  ];
}

const MOST_TABLES = 40;

/** Which rows users would lose, in numbers: every table that holds rows is among them. */
export function rowLines({ unreadable, tables, notCompared }: RestoreLoss): string[] {
  if (unreadable !== null) return [`rows cannot be counted: ${unreadable}`];
  const found = Object.entries(tables);
  const same = found.filter(([, counted]) => counted?.notInBackup === 0 && counted.onlyInBackup === 0);
  const differ = found
    .filter((table) => !same.includes(table))
    .sort(([, a], [, b]) => (b?.notInBackup ?? Infinity) - (a?.notInBackup ?? Infinity));
  const rest = differ.length - MOST_TABLES;
  return [
    ...differ.slice(0, MOST_TABLES).map(([name, counted]) => lossOf(name, counted)),
    ...(rest > 0 ? [`and rows of ${rest} more tables`] : []),
    ...(same.length === 0 ? [] : [`nothing of ${namesOf(same.map(([name]) => name))}`]),
    ...Object.entries(notCompared)
      .slice(0, MOST_TABLES)
      .map(([name, why]) => `${name}: NOT COMPARED, any of its rows may be lost: ${why}`),
  ];
}

function lossOf(name: string, counted: TableLoss | null): string {
  if (counted === null) return `${name}: damaged, cannot be counted`;
  const { live, notInBackup, onlyInBackup } = counted;
  const back = onlyInBackup === 0 ? '' : `; ${onlyInBackup} of then would be there again, or as they were`;
  return `${name}: ${notInBackup} of ${live} rows would be gone, or as they were${back}`;
}

function namesOf(names: readonly string[]): string {
  const rest = names.length - MOST_TABLES;
  return `${names.slice(0, MOST_TABLES).join(', ')}${rest > 0 ? ` and ${rest} more tables` : ''}`;
}

/** What no check could prove. */
export function remarkLines(checks: readonly CheckResult[]): string[] {
  return checks.flatMap(({ name, status, got }) => (status === 'not proven' ? [`${name}: ${got}`] : []));
}
