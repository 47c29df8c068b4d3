import type { CheckResult } from '../contracts/calls.ts';
import type { AppDownSurvey, StartTried } from '../contracts/mending-plan.ts';
import type { RunReport } from '../contracts/report.ts';
import { change, read } from '../engine/calls.ts';
import { RunEnds, StepFailed } from '../engine/failure.ts';
import type { CommonInput } from '../engine/input.ts';
import { lookFromOutside } from '../engine/look-from-outside.ts';
import { orNotProven } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { tellUsersItServes } from '../engine/tell-users.ts';

export const applicationDownProcedure = defineProcedure({
  type: 'applicationDown',
  title: 'Application down',
  section: 'Emergency Procedures / Application Down',
  summary:
    'Finds out how FDTS stands, keeps its logs, restarts the app, then the whole stack, and goes on with the check of the database when neither helps. Needs no approval: what is down is mended. Changes nothing when users are served.',
  beyond:
    'Keeps the logs of every service before they are lost, judges each way by an answer through the proxy and tells the seconds until it came, then checks the database by itself and starts databaseCorruption when that is the cause.',
  mutating: true,
  safeState: 'whatever was reached: FDTS is down already, and a start takes nothing from users',
  freezeExempt: 'an emergency: what is down is mended at any time',
  input: {},
  settings: ['maintenance.healthTimeout', 'maintenance.stopTimeout', 'checks.timeout', 'data.coreTables'],
  steps: {
    status: {
      kind: 'check',
      title: 'Check services, unit and health',
      paper: '1. docker-compose ps, systemctl',
    },
    'keep-logs': {
      kind: 'change',
      title: 'Keep the last logs on the host',
      paper: '2. logs, journalctl',
      changes: 'files with mode 0600 in a folder of the run',
      undo: 'not needed: they are evidence',
    },
    'restart-app': {
      kind: 'change',
      title: 'Restart the app',
      paper: '3. restart app',
      changes: "the app's container",
      undo: 'not needed: it was down',
    },
    'recreate-stack': {
      kind: 'change',
      title: 'Take all services down and up again',
      paper: '3. down, up -d',
      changes: 'containers and networks of the project; never volumes, images or data',
      undo: 'not needed: it was down',
    },
    'check-database': {
      kind: 'check',
      title: 'Check integrity and foreign keys of the database',
      paper: 'Escalation: database integrity check',
    },
    verify: { kind: 'check', title: 'See that it serves', paper: '4. verify recovery' },
  },
});

type DownRun = Run<typeof applicationDownProcedure.steps>;

/** Status, logs, restart, down and up, the database: one after the other until users are served. */
export async function applicationDown(input?: CommonInput): Promise<RunReport> {
  return runProcedure(applicationDownProcedure, input, async (run) => {
    const status = await run.check('status', read.surveyAppDown({}));
    run.section('Found', status.lines);
    if (status.isServing) {
      run.section('Nothing was changed', ['the app is up: users get answers']);
      run.verify(status.beside, 'report');
      await tellUsersItServes(run);
      return;
    }
    run.verify(status.checks, 'refused');
    // Evidence that cannot be kept is no reason to leave FDTS down.
    await orNotProven(run, 'the logs are kept', async () => {
      run.section('Logs, on the host only', (await run.change('keep-logs', change.keepLogs({}))).lines);
    });
    await orNeedsOperator(run, async () => {
      const tried = await startAgain(run, status.moved);
      run.section('Tried', tried.map(tellTried));
      if (tried.at(-1)?.healthy === true) await seeThatItServes(run, status, tried.length > 1);
      else await escalate(run, tried);
    });
  });
}

/** FDTS is down, and there is nothing to take back: a step that fails leaves no old state that serves again. */
async function orNeedsOperator(run: DownRun, mend: () => Promise<void>): Promise<void> {
  try {
    await mend();
  } catch (error) {
    if (!(error instanceof StepFailed) || error.type === 'FENCED_OFF' || run.dryRun) throw error;
    throw stillDown(`${run.record(error.step).title}: ${error.message}`);
  }
}

function stillDown(told: string): RunEnds {
  return new RunEnds(
    'needs-operator',
    `FDTS is down, and nothing helped: ${told}. See the logs on the host, mend the cause, then "sudo fdts-ops recover" proves that FDTS serves and frees the host`,
  );
}

type Tried = StartTried & { readonly way: string };

/** The next way is tried only when the one before did not help. */
async function startAgain(run: DownRun, moved: AppDownSurvey['moved']): Promise<readonly Tried[]> {
  const restarted = await run.change('restart-app', change.restartApp({}));
  const first = { way: 'restart of the app', ...restarted };
  if (restarted.healthy && !run.dryRun) {
    run.skip('recreate-stack', 'not needed: the app is healthy');
    run.skip('check-database', 'not needed: the app is healthy');
    return [first];
  }
  const recreated = await run.change(
    'recreate-stack',
    change.recreateStack(moved === undefined ? {} : { moved }),
  );
  return [first, { way: 'down and up of all services', ...recreated }];
}

/** What stood still before is waited for only where everything was started anew: else it would hide that FDTS serves. */
async function seeThatItServes(
  run: DownRun,
  { services, lasting = services }: AppDownSurvey,
  startedAnew: boolean,
): Promise<void> {
  if (run.dryRun) run.skip('check-database', 'only when nothing else helps');
  const wanted = startedAnew ? lasting : services;
  run.verify(lasting.filter((service) => !wanted.includes(service)).map(stoodStill), 'report');
  await orNotProven(run, 'it serves', async () => {
    const serving = await run.check('verify', read.checkServing({ services: wanted }), {
      says: 'known only at run time',
      result: { checks: [] },
    });
    run.verify(serving.checks, 'report');
    if (serving.checks.every(({ status }) => status !== 'fail')) await tellUsersItServes(run);
    await lookFromOutside(run);
  });
}

/** The runbook's escalation. A corrupt database has a procedure of its own, which this run starts once it has let go of the host. */
async function escalate(run: DownRun, tried: readonly Tried[]): Promise<void> {
  const database = await run.check('check-database', read.checkDatabase({ closed: false }));
  run.section('Database', database.checks.map(lineOf));
  if (database.state === 'corrupt') {
    const id = run.startAtEnd('databaseCorruption');
    run.verify([...database.checks, startedNext(id)], 'report');
    return;
  }
  throw stillDown(`${tried.map(tellTried).join('; ')}; the database is ${database.state}`);
}

function tellTried({ way, told }: Tried): string {
  return `${way}: ${told}`;
}

function stoodStill(service: string): CheckResult {
  return {
    name: `service ${service} is up`,
    status: 'not proven',
    expected: 'running',
    got: 'it did not run before the restart of the app, which does not start it',
    answer: 'fdts-ops start dailyHealthCheck says how it stands, and what to do',
  };
}

function startedNext(id: string): CheckResult {
  return {
    name: 'FDTS serves',
    status: 'fail',
    expected: 'healthy through the proxy',
    got: 'down, on a corrupt database',
    answer: `databaseCorruption was started as run ${id}: answer its gate`,
  };
}

function lineOf({ name, status, got }: CheckResult): string {
  return `${name}: ${status}, ${got}`;
}
