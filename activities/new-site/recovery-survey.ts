import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { RecoverySurvey } from '../../workflows/contracts/new-site.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { BundlePlan } from '../adapters/new-site/place-bundle.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { passedOverChecks } from '../backups/passed-over.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { placesOf } from './new-site-places.ts';
import { type NamedSources, recoverySources } from './recovery-sources.ts';

/** What a recovery is asked to do. */
export interface RecoveryRequest extends NamedSources {
  readonly mode: 'drill' | 'real';
  /** File of saved images; null: none was given. */
  readonly images: string | null;
}

/** Finding out whether FDTS can be brought up on this machine from a backup and a bundle. */
export function recoverySurveyReads(host: Host) {
  const { config, asRoot, docker } = host;

  /** Opens the bundle, finds the archive, and compares both with what is on this machine. Changes nothing. */
  const surveyRecovery: Read<RecoveryRequest, RecoverySurvey> = async ({ signal }, request) => {
    const { archive: found, bundle: given } = await recoverySources(host, request, signal);
    const plan = await asRoot.planPlacing(placesOf(config, given), { signal });
    const { database, uploads } = config.data;
    const there = await asRoot.findData({ database, uploads }, { signal });
    const running = await runningServices();
    const overwrites = [
      ...plan.differing.map((file) => `${file}: is there with another content`),
      ...(request.mode === 'real' && there.database ? [`${database}: there is a database`] : []),
      ...(request.mode === 'real' && there.uploads > 0 ? [`${uploads}: ${there.uploads} entries`] : []),
    ];
    const { app, proxy, backup } = config.services;
    return {
      checks: [
        { name: 'the archive', status: 'pass', expected: 'there', got: found.archive },
        // An empty machine asks nobody: only a drill goes on by itself.
        ...passedOverChecks(found, { asks: request.mode === 'drill' }),
        { name: 'the bundle opens', status: 'pass', expected: 'with the key given', got: given.bundle },
        ...modeChecks(request.mode, plan, running),
        ...(await secretChecks(host)),
        ...(await imagesChecks(request.images)),
      ],
      archive: found.archive,
      hasManifest: found.manifest,
      bundle: given,
      archiveCreatedAt: found.createdAt,
      lines: [
        `${found.archive}, ${found.bytes} bytes, made ${found.createdAt}`,
        ...found.why,
        `${given.bundle}, made ${plan.createdAt}, sha256 ${plan.sha256}`,
        `${plan.toPlace.length} files are placed, ${plan.same} are there already`,
        `made on ${told(plan.facts['host'])}: Docker ${told(plan.facts['docker'])}, compose ${told(plan.facts['compose'])}`,
      ],
      overwrites,
      outside: plan.outside,
      services: { app, all: [app, proxy, backup].filter((name) => name !== null) },
      ...oldMachine(plan.facts, host),
      targetSeconds: config.recovery.target,
      dataAgeSeconds: config.recovery.dataAge,
      approvalTimeoutSeconds: config.maintenance.approvalTimeout,
    };
  };

  // A machine without an engine runs nothing.
  async function runningServices(): Promise<string[]> {
    const containers = await docker.projectContainers(config.project.name).catch((error: unknown) => {
      if (error instanceof OperationError && error.code === 'ENGINE_DOWN') return [];
      throw error;
    });
    return containers.filter(({ state }) => state === 'running').map(({ service }) => service);
  }

  return { surveyRecovery };
}

function modeChecks(
  mode: RecoveryRequest['mode'],
  plan: BundlePlan,
  running: readonly string[],
): CheckResult[] {
  const checks: CheckResult[] = [];
  if (mode === 'real')
    checks.push({
      name: 'FDTS does not run here',
      status: running.length === 0 ? 'pass' : 'fail',
      expected: 'no running container of the project',
      got: running.join(', ') || 'none',
      answer: 'fdts-ops start restoreBackup puts the data of a backup into an FDTS that runs',
    });
  if (mode === 'drill')
    checks.push({
      name: 'a drill overwrites nothing here',
      status: plan.differing.length === 0 ? 'pass' : 'fail',
      expected: 'the files of the bundle are not there, or are the same',
      got: plan.differing.slice(0, 5).join(', ') || 'as expected',
      answer: 'take a machine without FDTS for the drill',
    });
  if (plan.outside.length > 0)
    checks.push({
      name: 'every file of the bundle has a place',
      status: 'not proven',
      expected: 'below project.folder, or named in bundle.paths',
      got: `not placed: ${plan.outside.slice(0, 5).join(', ')}${plan.outside.length > 5 ? ` and ${plan.outside.length - 5} more` : ''}`,
      answer: 'name them in bundle.paths of the configuration here, or place them by hand',
    });
  return checks;
}

/** Without it nobody can log in at the end: better known before anything is installed. */
async function secretChecks({ config }: Host): Promise<CheckResult[]> {
  const { passwordFile, passwordEnv } = config.checks.login ?? {};
  if (passwordFile === undefined && passwordEnv === undefined) return [];
  const isThere =
    passwordFile === undefined
      ? process.env[passwordEnv ?? ''] !== undefined
      : await access(passwordFile, constants.R_OK).then(
          () => true,
          () => false,
        );
  const what = passwordFile ?? passwordEnv ?? '';
  return [
    {
      name: "the test user's password is here",
      status: isThere ? 'pass' : 'fail',
      expected: `${what}, readable for the worker`,
      got: isThere ? what : 'missing',
      answer: `it is in no bundle: write it to ${what} (0640, root:fdts-ops)`,
    },
  ];
}

/** Docker reads it as whoever calls it: the worker is not root. */
async function imagesChecks(images: string | null): Promise<CheckResult[]> {
  if (images === null) return [];
  const problem = await access(images, constants.R_OK).then(
    () => null,
    ({ code }: NodeJS.ErrnoException) => code ?? 'unknown',
  );
  return [
    {
      name: 'the file of saved images can be read',
      status: problem === null ? 'pass' : 'fail',
      expected: `${images}, readable for the worker`,
      got: problem ?? images,
      answer: `chmod 644 ${shellQuote(images)}, in a folder that everybody may enter`,
    },
  ];
}

/** Of a bundle made on this machine itself there is no other one to fence off. */
function oldMachine(
  { host, machineId }: BundlePlan['facts'],
  here: Pick<Host, 'config' | 'machineId'>,
): Pick<RecoverySurvey, 'oldMachine'> {
  if (typeof host !== 'string' || typeof machineId !== 'string' || machineId === here.machineId) return {};
  return { oldMachine: { host, machineId, replacedBy: here.config.host.name } };
}

function told(value: unknown): string {
  return typeof value === 'string' ? value : 'unknown';
}
