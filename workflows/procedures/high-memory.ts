import type { LimitPlan } from '../contracts/memory.ts';
import type { RunReport } from '../contracts/report.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { limitSections } from './high-memory-plan.ts';
import { restart, restartSettings, restartSteps } from './steps/restart.ts';
import { tellImages } from './steps/tell-images.ts';

export interface HighMemoryInput extends CommonInput {
  readonly measureSeconds?: number;
  readonly backWithinSeconds?: number;
  readonly limitMegabytes?: number;
  readonly approvalTimeoutSeconds?: number;
}

export const highMemoryProcedure = defineProcedure({
  type: 'highMemory',
  title: 'High memory usage',
  section: 'Monitoring and Alerting / High Memory Usage Alert',
  summary:
    'Measures the memory of each container against its limit, looks for signs of a leak, restarts the one that uses too much; when it is high again soon, proposes a memory limit as a compose override, applies it after an approval, and takes it back when it makes things worse.',
  beyond:
    'Measures each container against its limit for a while, and when memory is high again soon after the restart works out a limit, shows it as a diff at a gate, and takes it back when it is worse than none.',
  mutating: true,
  givesWay: true,
  safeState: 'as before: without an approval nothing that serves users is restarted or limited',
  input: {
    measureSeconds: {
      type: 'seconds',
      describe: 'for how long memory is measured; default: thresholds.memoryFor of the host',
      example: 30,
    },
    backWithinSeconds: {
      type: 'seconds',
      describe:
        'for how long it is watched after the restart; default: thresholds.memoryBackWithin of the host',
      example: 600,
    },
    limitMegabytes: {
      type: 'count',
      describe: 'the memory limit to propose, in MiB; default: worked out from what is measured',
      example: 512,
    },
    ...gateInput,
  },
  settings: [
    'thresholds.memoryPercent',
    'thresholds.memoryFor',
    'thresholds.memoryBackWithin',
    ...restartSettings,
    'maintenance.watch',
  ],
  steps: {
    memory: { kind: 'check', title: 'Measure the memory of each container', paper: '1. docker stats' },
    leaks: {
      kind: 'check',
      title: 'Look for signs of a leak in the logs of 24 hours',
      paper: '2. logs | grep memory',
      expectedSeconds: 3,
    },
    ...restartSteps,
    'restart-service': { ...restartSteps['restart-service'], paper: '3. restart app' },
    'watch-memory': { kind: 'check', title: 'Watch whether it comes back', paper: '4. if persistent' },
    'plan-limit': {
      kind: 'check',
      title: 'Work out a memory limit',
      paper: '4. memory limits',
      expectedSeconds: 2,
    },
    'approve-limit': { kind: 'gate', title: 'A person approves the memory limit' },
    'apply-limit': {
      kind: 'change',
      title: 'Write the limit, and make the container anew with it',
      paper: '4. memory limits',
      changes: 'one compose override file beside the compose file, and one container',
      undo: 'puts the file back as it was, or removes it, and makes the container anew without the limit',
      expectedSeconds: 15,
    },
    'verify-limit': { kind: 'check', title: 'Check that the limit holds and is no worse than none' },
  },
});

type MemoryRun = Run<typeof highMemoryProcedure.steps>;

/** The answer to high memory usage. A limit that is worse than none is taken back. */
export async function highMemory(input?: HighMemoryInput): Promise<RunReport> {
  return runProcedure(highMemoryProcedure, input, async (run, options) => {
    const measured = await run.check(
      'memory',
      read.measureMemory({ seconds: options.measureSeconds ?? null }),
    );
    run.section('Memory', measured.lines);
    const leaks = await run.check('leaks', read.lookForLeaks({ hours: 24 }));
    run.section('Signs of a leak', leaks.lines);
    const { offender } = measured;
    if (offender === null) {
      run.verify(measured.checks, 'report');
      return skipRest(run, 'users-served', 'no container of FDTS uses too much');
    }
    run.verify(
      measured.checks.filter(({ name }) => name !== `memory of ${offender}`),
      'report',
    );
    const survey = await restart(run, {
      service: { named: offender },
      why: 'it uses too much memory',
      plan: [
        { title: 'Memory', lines: measured.lines },
        { title: 'Signs of a leak', lines: leaks.lines.length === 0 ? ['none in the logs'] : leaks.lines },
      ],
      approvalTimeoutSeconds: options.approvalTimeoutSeconds,
    });
    const seconds = options.backWithinSeconds ?? null;
    const watched = await run.check('watch-memory', read.watchMemory({ service: offender, seconds }), {
      says: 'a real run watches whether it comes back, and proposes a memory limit then',
      result: ONLY_IN_A_REAL_RUN,
    });
    run.section('After the restart', [watched.told]);
    if (!watched.cameBack) {
      run.verify([watched.check], 'report');
      return skipRest(run, 'plan-limit', run.dryRun ? 'known only at run time' : 'it did not come back');
    }
    const plan = await run.check(
      'plan-limit',
      read.planMemoryLimit({
        service: offender,
        baselineBytes: watched.baselineBytes,
        limitMegabytes: options.limitMegabytes ?? null,
      }),
    );
    run.verify([...plan.checks, ...(plan.ready ? [] : [watched.check])], 'report');
    if (!plan.ready) return skipRest(run, 'approve-limit', 'it cannot be applied: see the checks');
    await limitMemory(run, plan, {
      why: watched.told,
      approvalTimeoutSeconds: options.approvalTimeoutSeconds ?? survey.approvalTimeoutSeconds,
      watchSeconds: survey.watchSeconds,
    });
  });
}

async function limitMemory(
  run: MemoryRun,
  plan: LimitPlan,
  how: { readonly why: string; readonly approvalTimeoutSeconds: number; readonly watchSeconds: number },
): Promise<void> {
  const { service, file, content, before, limitBytes } = plan;
  await run.gate('approve-limit', {
    question: `Approve to limit the memory of ${service}: it makes the container anew, which shuts users out for seconds.`,
    plan: limitSections(plan, how.why),
    timeoutSeconds: how.approvalTimeoutSeconds,
  });
  run.shutUsersOut();
  const made = await run.change('apply-limit', change.applyOverride({ service, file, content }), {
    undo: undoWith('Take the memory limit back', change.applyOverride({ service, file, content: before })),
  });
  run.letUsersIn('while the container was made anew');
  tellImages(run, made);
  const verified = await run.check(
    'verify-limit',
    read.verifyLimit({ service, limitBytes, seconds: how.watchSeconds }),
  );
  run.verify(verified.checks, 'rolled-back');
  run.section('Left to do', [
    `${service} has a limit now, but why it needs more and more memory is not mended: tell its developers`,
    `the limit stands in ${file}`,
  ]);
}

const REST = [
  'users-served',
  'approve-restart',
  'restart-service',
  'watch-memory',
  'plan-limit',
  'approve-limit',
  'apply-limit',
  'verify-limit',
] as const;

function skipRest(run: MemoryRun, from: (typeof REST)[number], because: string): void {
  for (const id of REST.slice(REST.indexOf(from))) run.skip(id, because);
}

const ONLY_IN_A_REAL_RUN = {
  cameBack: false,
  baselineBytes: 0,
  told: 'only in a real run',
  check: {
    name: 'memory after the restart',
    status: 'skipped',
    expected: 'not high again',
    got: 'only in a real run',
  },
} as const;
