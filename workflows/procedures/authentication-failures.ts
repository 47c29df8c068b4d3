import type { SecretsLook } from '../contracts/authentication.ts';
import type { CheckResult } from '../contracts/calls.ts';
import type { RestartSurvey } from '../contracts/diagnosis.ts';
import type { RunReport } from '../contracts/report.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { goesLaterWay } from '../engine/later-change.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { canBeTried } from './steps/can-be-tried.ts';
import { restart, restartSettings, restartSteps, wrongLines } from './steps/restart.ts';
import { signInToDo } from './steps/sign-in-to-do.ts';
import { tellImages } from './steps/tell-images.ts';

export interface AuthenticationFailuresInput extends CommonInput {
  readonly approvalTimeoutSeconds?: number;
}

export const authenticationFailuresProcedure = defineProcedure({
  type: 'authenticationFailures',
  title: 'Authentication failures',
  section: 'Troubleshooting / Authentication Failures',
  summary:
    'Tries a login, checks the secrets for presence and strength without reading them out, the users and the log, restarts the app, and asks a person for what only a person can do; after each it tries the login again.',
  beyond:
    'Tries a real login after each solution, compares the secrets of env file and container without reading them out, restarts only where that can help, and asks a person for the rest by a list.',
  mutating: true,
  givesWay: true,
  safeState:
    'as before: no secret is changed, and without an approval nothing that serves users is restarted',
  input: gateInput,
  settings: ['incident.secrets', 'checks.timeout', ...restartSettings],
  steps: {
    'try-login': {
      kind: 'change',
      title: 'Try a login as the test user',
      paper: 'Symptoms: login failures',
      changes: 'what the app notes of a login',
      undo: 'not needed',
    },
    secrets: {
      kind: 'check',
      title: 'Check the JWT secrets, without reading them out',
      paper: 'Diagnosis: env | grep JWT; Solution 1. JWT secrets',
      expectedSeconds: 2,
    },
    users: {
      kind: 'check',
      title: 'Check that there are users',
      paper: 'Diagnosis: COUNT(*) FROM users',
      expectedSeconds: 2,
    },
    logs: {
      kind: 'check',
      title: 'Count what the log says of signing in',
      paper: 'Diagnosis: logs | grep auth',
      expectedSeconds: 3,
    },
    ...restartSteps,
    'restart-service': { ...restartSteps['restart-service'], paper: 'Solution 4. restart' },
    'try-after-restart': {
      kind: 'change',
      title: 'Try a login again',
      changes: 'what the app notes of a login',
      undo: 'not needed',
    },
    'ask-person': {
      kind: 'gate',
      title: 'A person does what only a person can do',
      paper: 'Solutions 1 to 3. secrets, credentials, browser',
    },
    'make-anew': {
      kind: 'change',
      title: 'Make the container of the app anew from the env file',
      changes: 'one container, from the image that it ran',
      undo: 'sees to it that it runs; where the app was healthy, proves that it is again',
    },
    'try-at-the-end': {
      kind: 'change',
      title: 'Try a login at the end',
      changes: 'what the app notes of a login',
      undo: 'not needed',
    },
  },
});

const WELL = 'the test user can log in: the trouble is of single users, or not there';
const UNKNOWN = 'no login can be tried, so none is known to fail: nothing that serves is touched';
const SHUT_OUT =
  'they are shut out for seconds; with an env file that the app cannot start from, until a person mends it: no run knows what stood in it before';

type AuthRun = Run<typeof authenticationFailuresProcedure.steps>;

/** The answer to logins that fail: the section's solutions, one at a time. */
export async function authenticationFailures(input?: AuthenticationFailuresInput): Promise<RunReport> {
  return runProcedure(authenticationFailuresProcedure, input, async (run, options) => {
    const { check: first } = await run.change('try-login', change.tryLogin({}));
    const secrets = await run.check('secrets', read.lookAtSecrets({}));
    const users = await run.check('users', read.lookAtUsers({}));
    const logs = await run.check('logs', read.lookAtSignIns({ hours: 24 }));
    const found = [...secrets.checks, ...users.checks];
    run.section('Found', wrongLines([first, ...found]));
    run.section('Log of 24 hours on signing in', logs.lines);
    const isUntried = first.status === 'not proven' && goesLaterWay('untried-is-no-answer');
    const isUnknown = isUntried && secrets.missing.length + secrets.stale.length === 0;
    if (first.status === 'pass' || isUnknown) {
      run.verify([first, ...found, ...(isUnknown ? [canBeTried(first)] : [])], 'report');
      if (isUnknown) run.section('To do', signInToDo(secrets));
      return skipFrom(run, 'users-served', isUnknown ? UNKNOWN : WELL);
    }
    const { approvalTimeoutSeconds } = options;
    const after = await restartApp(run, secrets, { first, found, approvalTimeoutSeconds });
    if (after.check.status !== 'fail' && !isUntried) {
      run.verify([after.check, ...found], 'report');
      return skipFrom(run, 'ask-person', run.dryRun ? 'known only at run time' : 'the login works');
    }
    await run.gate('ask-person', {
      question:
        'Do what this list says, then approve: the app is made anew from its env file, and the login tried again.',
      plan: [
        { title: 'Found', lines: wrongLines([after.check, ...found]) },
        { title: 'To do', lines: signInToDo(secrets) },
        { title: 'Users', lines: [after.survey.users.told, SHUT_OUT] },
      ],
      timeoutSeconds: approvalTimeoutSeconds ?? after.survey.approvalTimeoutSeconds,
    });
    const { service, wasHealthy } = after.survey;
    run.shutUsersOut();
    const made = await run.change('make-anew', change.recreateServices({ services: [service] }), {
      undo: undoWith('Let the app run again', change.startAgain({ service, wasHealthy })),
    });
    run.letUsersIn('while the container was made anew');
    tellImages(run, made);
    const { check: last } = await run.change('try-at-the-end', change.tryLogin({}));
    const again = await run.read(hostOf(run), read.lookAtSecrets({}), 'secrets');
    run.verify([last, ...again.checks, ...users.checks], 'report');
  });
}

/** A missing secret is nothing that a restart mends; one that the app does not run with yet needs a new container. */
async function restartApp(
  run: AuthRun,
  { missing, stale }: SecretsLook,
  {
    first,
    found,
    approvalTimeoutSeconds,
  }: {
    readonly first: CheckResult;
    readonly found: readonly CheckResult[];
    readonly approvalTimeoutSeconds: number | undefined;
  },
): Promise<{ readonly check: CheckResult; readonly survey: RestartSurvey }> {
  const pointless = [...missing, ...stale];
  if (pointless.length > 0) {
    const because = `a restart does not help: ${pointless.join(', ')} of the app is not what the env file should have`;
    for (const id of ['approve-restart', 'restart-service', 'try-after-restart'] as const)
      run.skip(id, because);
    const survey = await run.check('users-served', read.surveyRestart({ service: 'app' }));
    return { check: first, survey };
  }
  const survey = await restart(run, {
    service: 'app',
    why: 'the test user cannot log in',
    plan: [{ title: 'Found', lines: wrongLines([first, ...found]) }],
    approvalTimeoutSeconds,
  });
  const { check } = await run.change('try-after-restart', change.tryLogin({}));
  return { check, survey };
}

const ORDER = [
  'users-served',
  'approve-restart',
  'restart-service',
  'try-after-restart',
  'ask-person',
  'make-anew',
  'try-at-the-end',
] as const;

function skipFrom(run: AuthRun, from: (typeof ORDER)[number], because: string): void {
  for (const id of ORDER.slice(ORDER.indexOf(from))) run.skip(id, because);
}

function hostOf(run: AuthRun): { taskQueue: string; machineId: string } {
  const { host } = run;
  if (host === null) throw new Error('the run has no host');
  return host;
}
