import type { CheckResult } from '../contracts/calls.ts';
import type { EmergencyChange, EmergencySurvey } from '../contracts/emergency-plan.ts';
import type { ReportSection } from '../contracts/report.ts';
import type { PackageUpgrade, PreparedImage } from '../contracts/window-plan.ts';
import { formatSeconds } from '../engine/checklist.ts';
import { isEnginePackage } from './steps/engine-package.ts';

/** Everything that a person approves. */
export interface EmergencyPlan {
  readonly urgency: string;
  readonly impact: string;
  readonly wanted: EmergencyChange;
  readonly survey: EmergencySurvey;
  /** Of every service; empty when FDTS is not stopped. */
  readonly images: readonly PreparedImage[];
  readonly upgrades: readonly PackageUpgrade[];
  /** Whether users are shut out for it. */
  readonly stops: boolean;
  readonly watchSeconds: number;
}

/** Whether users have to be shut out: not for packages, unless FDTS's containers run under them. Pure. */
export function stopsFor({ kind }: EmergencyChange, upgrades: readonly PackageUpgrade[]): boolean {
  return kind !== 'packages' || upgrades.some(isEnginePackage);
}

/** What is changed, exactly. */
export function changeLines({ wanted, survey, images, upgrades }: EmergencyPlan): string[] {
  if (wanted.kind === 'packages')
    return upgrades.map(
      ({ name, from, to, security }) => `${name} ${from ?? 'new'} → ${to}${security ? ' (security)' : ''}`,
    );
  if (wanted.kind === 'image') return images.filter(isMoving).map(imageLine);
  const { script, scriptSeconds } = survey;
  if (script === null) return [];
  return [
    `runs ${script.path} once, as root, for at most ${formatSeconds(scriptSeconds)}, while FDTS is stopped`,
    `sha256 ${script.sha256}, ${script.bytes} bytes; compared again right before it runs`,
  ];
}

/** The plan as the gate and the report show it. */
export function planSections(plan: EmergencyPlan, checks: readonly CheckResult[]): ReportSection[] {
  const { urgency, impact, survey, stops, watchSeconds } = plan;
  return [
    { title: 'Assessment', lines: [`urgency: ${urgency}`, `impact: ${impact}`, ...survey.users] },
    { title: 'Not proven', lines: notProven(checks) },
    { title: 'Changes', lines: changeLines(plan) },
    { title: 'Stops', lines: [stops ? survey.stopOrder.join(', ') : 'nothing: users are served meanwhile'] },
    { title: 'Expected downtime', lines: [expectedDowntime(plan)] },
    {
      title: 'Backup',
      lines: [
        'a new one is made after the approval; it must restore into scratch with every hash, check and row count right, or nothing is changed',
      ],
    },
    { title: 'Way back', lines: wayBack(plan) },
    { title: 'CANNOT BE TAKEN BACK by itself', lines: cannotBeTakenBack(plan) },
    {
      title: 'Afterwards',
      lines: [
        `watched closely for ${formatSeconds(watchSeconds)}: health each second, errors that users meet`,
      ],
    },
  ].filter(({ lines }) => lines.length > 0);
}

/** What a person still has to do once the change is in place. */
export function leftToDo({ wanted, images, survey }: EmergencyPlan): string[] {
  const always =
    'find out why it was needed, and tell those who met it; this report is the record of the change';
  if (wanted.kind === 'packages') return [always];
  if (wanted.kind === 'script')
    return [`look by hand at what ${survey.script?.path ?? wanted.what} changed`, always];
  return [
    ...images
      .filter(isMoving)
      .map(
        ({ service, image }) =>
          `bring ${wanted.what} into the source or the compose file of ${service}: ${image} is its name on this host only, and the next maintenance window builds or pulls that again`,
      ),
    always,
  ];
}

function expectedDowntime({ wanted, survey, stops }: EmergencyPlan): string {
  if (!stops) return 'none';
  const { lastDowntimeSeconds, stopAndStartSeconds, scriptSeconds } = survey;
  const usual =
    lastDowntimeSeconds === null
      ? `not measured on this host yet: a stop and a start, at most ${formatSeconds(stopAndStartSeconds)}, and a copy of the database`
      : `${formatSeconds(lastDowntimeSeconds)}, as the last emergency maintenance measured`;
  return wanted.kind === 'script'
    ? `${usual}; the script may take up to ${formatSeconds(scriptSeconds)} of its own`
    : usual;
}

function wayBack({ wanted, survey, stops }: EmergencyPlan): string[] {
  if (!stops)
    return [
      'by itself when FDTS is disturbed: the upgrade comes to its end, what it stopped is started, an app that does not answer is restarted',
    ];
  return [
    'until users are let in, by itself: old images by tag, the database as users left it, files that came later moved aside, what ran before started again',
    afterCutOver(wanted, survey),
  ];
}

function afterCutOver({ kind }: EmergencyChange, { wasServing }: EmergencySurvey): string {
  if (kind !== 'image')
    return 'once users are in: nothing by itself; what the watch finds is told, and the database of before lies aside';
  return wasServing
    ? 'while it is watched: the old image, with the current database; where the new one changed the schema a person is asked first'
    : 'once users are in: nothing by itself, since what was before did not work either; what the watch finds is told';
}

function cannotBeTakenBack({ wanted, survey }: EmergencyPlan): string[] {
  if (wanted.kind === 'packages') return ['packages are not downgraded; the report has the old versions'];
  if (wanted.kind === 'image') return ['what the new version does outside FDTS (mail, other systems)'];
  return [
    `whatever ${survey.script?.path ?? wanted.what} does besides: files, packages, settings, other systems. Only images by tag and the database are put back; uploads that it removes are in the backup alone`,
    'it runs once: cut off by a power failure, or ended after its time, it is not run again',
  ];
}

function notProven(checks: readonly CheckResult[]): string[] {
  return [
    ...checks
      .filter(({ status }) => status === 'not proven')
      .map(({ name, got, answer }) => `${name}: ${got}${answer === undefined ? '' : `; ${answer}`}`),
    'rehearsed: it is not tried on a copy, since it cannot wait',
  ];
}

function isMoving({ oldId, newId }: PreparedImage): boolean {
  return newId !== oldId;
}

function imageLine({ service, image, oldId, newId, how, note }: PreparedImage): string {
  return `${service}: ${image} ${short(oldId)} → ${short(newId)} (${how})${note === null ? '' : `; ${note}`}`;
}

function short(imageId: string): string {
  return imageId.replace('sha256:', '').slice(0, 12);
}
