import { writeFile } from 'node:fs/promises';
import { isRecord } from '../../config/is-record.ts';
import { progressQuery } from '../../workflows/messages.ts';
import { emergencySurvey, retirementSurvey, seenScript, weeklyOrders, windowSurvey } from './fake-host.ts';
import { historyText } from './history-text.ts';
import { type Behaviour, fails, gives, hangs, type ScriptedRun, ScriptedRuns } from './scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from './temporal-world.ts';

// Saves the histories of test/histories anew: node --import tsx test/support/save-histories.ts
// Do so when a procedure's steps change on purpose, and say in CHANGELOG.md what that means for runs under way.
// Those with `before` in their name are of an earlier version, whose runs go on as they began: they are not made anew.

type Scene = (world: TemporalWorld) => Promise<ScriptedRun>;

const runs = new ScriptedRuns();
const noRoom = {
  isRecent: false,
  recent: { name: 'recent', status: 'fail', expected: '48 hours', got: 'none' },
  stoppedService: 'backup',
  checks: [],
  lines: [],
  missingBytes: 1e6,
  approvalTimeoutSeconds: 600,
};
const failed = { name: 'made up', status: 'fail', expected: 'ok', got: 'not' };

const OLD_MACHINE = 'a'.repeat(32);

const GATES: Readonly<Record<string, string>> = {
  restoreBackup: 'approve-restore',
  databaseCorruption: 'approve-restore',
  rollbackMaintenance: 'approve-rollback',
  highErrorRate: 'approve-restart',
  securityIncident: 'approve-reopen',
  emergencyMaintenance: 'approve-change',
};

const IN_A_STOP = { way: 'stop', because: 'it takes long', lines: [] };

const scenes: Readonly<Record<string, Scene>> = {
  'plannedMaintenance.completed': async (world) =>
    approved(await runs.start(world, 'plannedMaintenance', { surveyHost: rehearsing })),
  'plannedMaintenance.next-window.completed': async (world) =>
    approved(
      await runs.start(world, 'plannedMaintenance', { findNextWindow: soon }, { when: 'next-window' }),
    ),
  'plannedMaintenance.next-window.rolled-back': async (world) =>
    approved(
      await runs.start(
        world,
        'plannedMaintenance',
        { findNextWindow: soon, checkServing: gives({ checks: [failed] }) },
        { when: 'next-window' },
      ),
    ),
  'plannedMaintenance.attention-needed': async (world) =>
    approved(
      await runs.start(world, 'plannedMaintenance', {
        checkServing: gives({ checks: [failed] }),
        compareSchema: gives({ changed: true }),
      }),
    ),
  'plannedMaintenance.rolled-back': async (world) =>
    approved(
      await runs.start(world, 'plannedMaintenance', { surveyHost: rehearsing, 'smoke-test': fails() }),
    ),
  'plannedMaintenance.aborted': async (world) => {
    const run = await approved(await runs.start(world, 'plannedMaintenance', { 'optimize-database': hangs }));
    await run.reached('optimize-database');
    await run.says('abort', { by: 'Ada', reason: 'wrong night' });
    return run;
  },
  'plannedMaintenance.expired': (world) =>
    runs.start(world, 'plannedMaintenance', {}, { approvalTimeoutSeconds: 1 }),
  'emergencyMaintenance.completed': async (world) =>
    approved(await runs.start(world, 'emergencyMaintenance', {}, emergency('image', 'r.example/app:1.2.4'))),
  'emergencyMaintenance.rolled-back': async (world) =>
    approved(
      await runs.start(
        world,
        'emergencyMaintenance',
        { surveyEmergency: gives({ ...emergencySurvey, script: seenScript }), 'run-script': fails() },
        emergency('script', 'mend'),
      ),
    ),
  'restoreBackup.completed': async (world) => approved(await runs.start(world, 'restoreBackup')),
  'restoreBackup.rolled-back': async (world) =>
    approved(await runs.start(world, 'restoreBackup', { 'start-app': fails() })),
  'rollbackMaintenance.completed': async (world) => approved(await runs.start(world, 'rollbackMaintenance')),
  'securityIncident.completed': async (world) => approved(await runs.start(world, 'securityIncident')),
  'securityIncident.contained': (world) =>
    runs.start(world, 'securityIncident', {}, { approvalTimeoutSeconds: 1 }),
  'databaseCorruption.completed': async (world) => approved(await runs.start(world, 'databaseCorruption')),
  'databaseCorruption.contained': (world) =>
    runs.start(world, 'databaseCorruption', {}, { approvalTimeoutSeconds: 1 }),
  'applicationDown.completed': (world) => runs.start(world, 'applicationDown'),
  'weeklyMaintenance.completed': async (world) => approved(await runs.start(world, 'weeklyMaintenance')),
  'weeklyMaintenance.rolled-back': async (world) =>
    approved(
      await runs.start(world, 'weeklyMaintenance', { planDatabase: gives(IN_A_STOP), 'smoke-test': fails() }),
    ),
  'weeklyMaintenance.schedule.attention-needed': async (world) => {
    const approvedBeforehand = {
      ...weeklyOrders.approvedBeforehand,
      logs: { by: 'Ada', reason: 'harmless' },
    };
    const script = { weeklyOrders: gives({ windowToday: null, approvedBeforehand }), 'rotate-logs': fails() };
    const schedule = { scheduledBy: 'fdts-web-1-weeklyMaintenance' };
    return runs.start(world, 'weeklyMaintenance', script, { host: 'web-1' }, schedule);
  },
  'dailyHealthCheck.completed': (world) => runs.start(world, 'dailyHealthCheck'),
  'databasePerformanceCheck.completed': (world) => runs.start(world, 'databasePerformanceCheck'),
  'applicationPerformanceCheck.completed': (world) => runs.start(world, 'applicationPerformanceCheck'),
  'highErrorRate.completed': async (world) => approved(await runs.start(world, 'highErrorRate')),
  'backupFailure.completed': async (world) => {
    const look = await runs.start(world, 'backupFailure', { lookAtBackups: gives(noRoom) });
    await look.asks('approve-removal');
    await look.says('approve', { by: 'Ada' });
    return look;
  },
  'authenticationFailures.expired': async (world) => {
    const run = await runs.start(world, 'authenticationFailures', {}, { approvalTimeoutSeconds: 2 });
    await run.asks('approve-restart');
    await run.says('approve', { by: 'Ada' });
    return run;
  },
  'uploadFailures.rejected': async (world) => {
    const run = await runs.start(world, 'uploadFailures');
    await run.asks('approve-restart');
    await run.says('abort', { by: 'Ada' });
    return run;
  },
  'uploadFailures.completed': async (world) => {
    const run = await runs.start(world, 'uploadFailures', {
      lookAtResources: gives({ checks: [], lines: [], fullDisks: ['/srv'], approvalTimeoutSeconds: 60 }),
      'try-after-clean-up': gives({ check: { ...failed, status: 'pass' } }),
    });
    await run.asks('approve-clean-up');
    await run.says('approve', { by: 'Ada' });
    return run;
  },
  'slowResponse.attention-needed': async (world) => {
    const run = await runs.start(world, 'slowResponse', {
      timeRequests: gives({ checks: [failed], lines: [], figures: [] }),
    });
    for (const gate of ['approve-restart', 'approve-optimize']) {
      await run.asks(gate);
      await run.says('approve', { by: 'Ada' });
    }
    return run;
  },
  'highMemory.rolled-back': async (world) => {
    const run = await runs.start(world, 'highMemory', {
      watchMemory: gives({ cameBack: true, baselineBytes: 1, told: 'high again', check: failed }),
      verifyLimit: gives({ checks: [failed] }),
    });
    for (const gate of ['approve-restart', 'approve-limit']) {
      await run.asks(gate);
      await run.says('approve', { by: 'Ada' });
    }
    return run;
  },
  'backupVerification.completed': (world) => runs.start(world, 'backupVerification'),
  'disasterRecovery.completed': (world) => runs.start(world, 'disasterRecovery'),
  'disasterRecovery.rolled-back': (world) => runs.start(world, 'disasterRecovery', { verify: fails() }),
  'retireHost.contained': async (world) => {
    await world.machineAppears(OLD_MACHINE);
    const surveyRetirement = gives({ ...retirementSurvey, isServing: false });
    return runs.start(world, 'retireHost', { surveyRetirement }, { host: 'old-1', machineId: OLD_MACHINE });
  },
  'manualBackup.completed': (world) => runs.start(world, 'manualBackup'),
  ...byPlanCode(),
};

function emergency(change: string, what: string) {
  return { urgency: 'critical', impact: 'users cannot upload', change, what };
}

const rehearsing = gives({ ...windowSurvey, rehearse: true });

const soon: Behaviour = async () => {
  const opensAt = Date.now() + 3000;
  return {
    answer: {
      opensAt,
      closesAt: opensAt + 7_200_000,
      noticeSeconds: 86_400,
      says: 'Sun 02:00 to 04:00 (UTC)',
    },
  };
};

async function approved(run: ScriptedRun, isByCode = false): Promise<ScriptedRun> {
  const type = run.handle.workflowId.split('-')[0];
  await run.asks(GATES[type ?? ''] ?? 'approve-plan');
  const { gate } = await run.handle.query(progressQuery);
  await run.says('approve', { by: 'Ada', ...(isByCode && { plan: gate?.planCode ?? '' }) });
  return run;
}

/** Approvals with the code of the plan: a plan that reads otherwise in a later version would no longer be the approved one. */
function byPlanCode(): Record<string, Scene> {
  const types = ['plannedMaintenance', ...Object.keys(GATES)];
  const inputs: Readonly<Record<string, object>> = {
    emergencyMaintenance: emergency('image', 'r.example/app:1.2.4'),
  };
  return Object.fromEntries(
    types.map((type) => [
      `${type}.by-plan-code.completed`,
      async (here: TemporalWorld) => approved(await runs.start(here, type, {}, inputs[type] ?? {}), true),
    ]),
  );
}

const world = await startTemporalWorld();
try {
  await world.startWorkers({}, runs.onCall);
  // Names of scenes, or parts of them, to save only those.
  const wanted = process.argv.slice(2);
  for (const [name, scene] of Object.entries(scenes)) {
    if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
    const run = await scene(world);
    const { report } = await run.end();
    if (!name.endsWith(`.${report.outcome}`)) throw new Error(`${name} ended as ${report.outcome}`);
    const history = await run.handle.fetchHistory();
    const file = new URL(`../histories/${name}.json`, import.meta.url);
    await writeFile(file, `${JSON.stringify(withoutMachine(JSON.parse(historyText(history))))}\n`);
    process.stdout.write(`saved ${name}\n`);
  }
} finally {
  await world.end();
}

/** Leaves out what tells of the machine that the history was made on; a replay needs none of it. */
function withoutMachine(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutMachine);
  if (!isRecord(value)) return value;
  // A worker's own queue has the name of its machine; the name that everybody knows stands beside it.
  if (typeof value['normalName'] === 'string') return { name: value['normalName'] };
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      key === 'identity' || key === 'stackTrace' ? [] : [[key, withoutMachine(inner)]],
    ),
  );
}
