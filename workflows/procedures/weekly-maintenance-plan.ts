import type { ReportSection } from '../contracts/report.ts';
import type {
  Approvals,
  CleanUpPlan,
  DatabasePlan,
  RotationPlan,
  UnusedThing,
  WeeklyPart,
  WeeklySurvey,
} from '../contracts/weekly-plan.ts';
import type { PackageUpgrade } from '../contracts/window-plan.ts';
import { formatSeconds } from '../engine/checklist.ts';
import { cleanUpLines, thingText, whyLeftAlone } from './steps/docker-clean-up.ts';
import { isEnginePackage } from './steps/engine-package.ts';

/** Everything that was found before anything is done. */
export interface WeeklyFindings {
  readonly survey: WeeklySurvey;
  /** What the package lists offer. */
  readonly upgrades: readonly PackageUpgrade[];
  /** Whether they lie in the package cache, to be installed. */
  readonly downloaded: boolean;
  readonly cleanUp: CleanUpPlan;
  readonly database: DatabasePlan;
  readonly rotation: RotationPlan;
  /** By whose word a scheduled run does what; null: a person is asked. */
  readonly approvals: Approvals | null;
}

/** What is done, and what is left to do. */
export interface WeeklyWork {
  readonly upgrades: readonly PackageUpgrade[];
  readonly cleansDocker: boolean;
  readonly things: readonly UnusedThing[];
  /** With the app live; null: not that way. */
  readonly live: 'slices' | 'vacuum' | 'analyze' | null;
  readonly rotates: boolean;
  /** FDTS stops for a short time, and why. */
  readonly stop: { readonly vacuum: boolean; readonly restart: boolean } | null;
  readonly left: readonly string[];
}

/** Chooses what a run does: with a person everything, by schedule what was approved beforehand. */
export function chooseWork(found: WeeklyFindings): WeeklyWork {
  const { survey, upgrades, downloaded, cleanUp, database, rotation, approvals } = found;
  const may = (part: WeeklyPart): boolean => approvals === null || approvals[part] !== null;
  const isMoved = survey.movedTags.length > 0;
  const noStop = isMoved
    ? `FDTS is not stopped: another image is prepared for ${survey.movedTags.join(', ')}, which plannedMaintenance deploys`
    : may('stop')
      ? null
      : why('stop');
  const engine = upgrades.filter(isEnginePackage);
  const noPackages = !may('packages') ? why('packages') : downloaded ? null : 'they could not be downloaded';
  const installs =
    noPackages !== null ? [] : noStop === null ? upgrades : upgrades.filter((one) => !engine.includes(one));
  const vacuum = database.way === 'stop' && may('database') && noStop === null;
  const restart = installs.some((one) => engine.includes(one));
  const live = database.way === 'stop' || database.way === 'none' || !may('database') ? null : database.way;
  const cleansDocker = may('docker');
  const leftAlone = whyLeftAlone(cleanUp);
  const rotates = rotation.files.length > 0 && may('logs');
  const left = [
    ...leftPackages(upgrades, installs, noPackages ?? noStop ?? ''),
    ...(leftAlone !== null
      ? [`Docker: ${leftAlone}`]
      : cleansDocker
        ? []
        : [`Docker: ${cleanUp.plain.length} unused things; ${why('docker')}`]),
    ...(approvals === null || cleanUp.doubtful.length === 0
      ? []
      : [
          `Docker: ${cleanUp.doubtful.map(thingText).join(', ')}; only a person may say that nobody needs them`,
        ]),
    ...(database.way === 'none' || live !== null || vacuum
      ? []
      : [`database: ${database.because}; ${may('database') ? noStop : why('database')}`]),
    ...(rotation.files.length > 0 && !rotates ? [`logs: ${rotation.files.join(', ')}; ${why('logs')}`] : []),
  ];
  return {
    upgrades: installs,
    cleansDocker,
    things: cleansDocker ? [...cleanUp.plain, ...(approvals === null ? cleanUp.doubtful : [])] : [],
    live,
    rotates,
    stop: vacuum || restart ? { vacuum, restart } : null,
    left,
  };
}

const why = (part: WeeklyPart): string => `not approved beforehand (${part})`;

function leftPackages(
  upgrades: readonly PackageUpgrade[],
  installs: readonly PackageUpgrade[],
  why: string,
): string[] {
  const rest = upgrades.filter((one) => !installs.includes(one));
  if (rest.length === 0) return [];
  return [`packages: ${rest.map(upgradeText).join(', ')}; ${why}`];
}

/** The plan as a gate and the report show it. */
export function planSections(found: WeeklyFindings, work: WeeklyWork): ReportSection[] {
  const { survey, cleanUp, database, rotation } = found;
  const open = survey.checks.filter(({ status }) => status === 'not proven');
  return [
    section(
      'Not proven',
      open.map(({ name, got, answer = '' }) => `${name}: ${got} ${answer}`.trim()),
    ),
    { title: 'Users are shut out', lines: [stopText(work, survey)] },
    { title: 'Packages', lines: orNone(work.upgrades.map(upgradeText)) },
    {
      title: 'Docker',
      lines: work.cleansDocker
        ? cleanUpLines(work.things, cleanUp)
        : ['nothing', ...cleanUp.spared.map((line) => `leaves ${line}`)],
    },
    { title: 'Database', lines: [database.because, ...database.lines] },
    {
      title: 'Logs',
      lines: orNone(
        work.rotates ? rotation.files.map((file) => `rotates ${file}: ${rotation.logs.length} logs`) : [],
      ),
    },
    section('Left to do', work.left),
    {
      title: 'Way back',
      lines: [
        work.stop?.vacuum === true
          ? 'the original database, kept aside, is moved back when the app is not healthy on the tidied one; packages are not downgraded, what was removed is gone'
          : 'services that end or are not healthy are started again; packages are not downgraded, what was removed is gone',
      ],
    },
  ].filter(({ lines }) => lines.length > 0);
}

/** By whose word a scheduled run acts. */
export function approvalLines(approvals: Approvals): string[] {
  const lines = Object.entries(approvals).flatMap(([part, approval]) =>
    approval === null ? [] : [`${part}: by ${approval.by}, because: ${approval.reason}`],
  );
  return lines.length === 0 ? ['nothing: this run only looks'] : lines;
}

function stopText({ stop }: WeeklyWork, { lastDowntimeSeconds }: WeeklySurvey): string {
  if (stop === null) return 'no';
  const reasons = [
    ...(stop.vacuum ? ['the database is tidied'] : []),
    ...(stop.restart ? ['Docker is restarted after its upgrade'] : []),
  ];
  const last = lastDowntimeSeconds === null ? 'not measured yet' : formatSeconds(lastDowntimeSeconds);
  return `yes, for a short time: ${reasons.join(', ')}; the last monthly window took ${last}. A fresh backup is made and verified first`;
}

function section(title: string, lines: readonly string[]): ReportSection {
  return { title, lines };
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['nothing'] : lines;
}

function upgradeText({ name, from, to, security }: PackageUpgrade): string {
  return `${name} ${from ?? 'new'} → ${to}${security ? ' (security)' : ''}`;
}
