import type { CheckResult } from '../contracts/calls.ts';
import type { RunReport } from '../contracts/report.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import type { CommonInput } from '../engine/input.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { restart, restartSteps, wrongLines } from './steps/restart.ts';

export interface UploadFailuresInput extends CommonInput {
  readonly approvalTimeoutSeconds?: number;
}

const tryStep = {
  kind: 'change',
  changes: 'one small test file, removed again',
  undo: 'not needed',
} as const;

export const uploadFailuresProcedure = defineProcedure({
  type: 'uploadFailures',
  title: 'File upload failures',
  section: 'Troubleshooting / File Upload Failures',
  summary:
    'Tries an upload and its download, checks folder, disks, the proxy and permissions, repairs only the modes and owners that differ, then restarts the proxy; after each it tries again.',
  mutating: true,
  safeState:
    'as before: repaired permissions go back with a run that fails, and without an approval nothing that serves users is restarted',
  input: {
    approvalTimeoutSeconds: {
      type: 'seconds',
      describe: 'how long the gate waits for a person; default: maintenance.approvalTimeout of the host',
      example: 600,
    },
  },
  steps: {
    'try-upload': { ...tryStep, title: 'Try an upload and its download' },
    uploads: { kind: 'check', title: 'Check modes and owners of the uploads' },
    resources: { kind: 'check', title: 'Check processor, memory and disks', expectedSeconds: 3 },
    'proxy-config': { kind: 'check', title: "Test the proxy's configuration", expectedSeconds: 1 },
    'repair-modes': {
      kind: 'change',
      title: 'Repair the modes and owners that differ',
      changes:
        'files 644, folders 755, of the owner of the data: only those that differ; a list of them on the host',
      undo: 'gives them the modes and owners that they had',
    },
    'try-after-repair': { ...tryStep, title: 'Try again' },
    ...restartSteps,
    'try-after-restart': { ...tryStep, title: 'Try again after the restart' },
  },
});

type UploadRun = Run<typeof uploadFailuresProcedure.steps>;

/** The answer to uploads that fail: the section's solutions, one at a time, each tried before the next. */
export async function uploadFailures(input?: UploadFailuresInput): Promise<RunReport> {
  return runProcedure(uploadFailuresProcedure, input, async (run, options) => {
    const { check: first } = await run.change('try-upload', change.tryUpload({}));
    const uploads = await run.check('uploads', read.lookAtUploads({}));
    const resources = await run.check('resources', read.lookAtResources({}));
    const proxy = await run.check('proxy-config', read.testProxyConfig({}));
    const others = [...resources.checks, ...proxy.checks];
    run.section('Found', wrongLines([first, ...uploads.checks, ...others]));
    run.section('Resources', resources.lines);
    run.verify(others, 'report');
    const repaired = await repair(run, uploads.wrong, first);
    if (repaired.status !== 'fail') {
      run.verify([repaired], 'report');
      return skipFrom(run, 'users-served', run.dryRun ? 'known only at run time' : 'uploads work');
    }
    const hopeless = [
      ...resources.fullDisks.map((place) => `no room on the disk of ${place}`),
      ...wrongLines(proxy.checks),
    ];
    if (hopeless.length > 0) {
      run.verify([repaired], 'report');
      return skipFrom(run, 'users-served', `a restart of the proxy would not help: ${hopeless.join('; ')}`);
    }
    await restart(run, {
      service: 'proxy',
      why: 'uploads fail, and neither permissions nor disks are the cause',
      plan: [{ title: 'Found', lines: wrongLines([repaired, ...others]) }],
      approvalTimeoutSeconds: options.approvalTimeoutSeconds,
    });
    const { check: last } = await run.change('try-after-restart', change.tryUpload({}));
    run.verify([last], 'report');
  });
}

async function repair(run: UploadRun, wrong: number, first: CheckResult): Promise<CheckResult> {
  if (wrong === 0) {
    for (const id of ['repair-modes', 'try-after-repair'] as const) run.skip(id, 'all are as they should be');
    return first;
  }
  const repaired = await run.change('repair-modes', change.repairModes({}), {
    undo: undoWith('Give the uploads the modes of before', change.restoreModes({})),
  });
  run.section('Modes and owners', repaired.lines);
  if (!run.dryRun) {
    const again = await run.check('uploads', read.lookAtUploads({}));
    run.verify(again.checks, 'report');
  }
  return (await run.change('try-after-repair', change.tryUpload({}))).check;
}

const ORDER = ['users-served', 'approve-restart', 'restart-service', 'try-after-restart'] as const;

function skipFrom(run: UploadRun, from: (typeof ORDER)[number], because: string): void {
  for (const id of ORDER.slice(ORDER.indexOf(from))) run.skip(id, because);
}
