import type { CheckResult } from '../contracts/calls.ts';
import type { ResourceLook } from '../contracts/diagnosis.ts';
import type { RunReport } from '../contracts/report.ts';
import type { UploadsLook } from '../contracts/uploads.ts';
import { change, read, undoWith } from '../engine/calls.ts';
import { type CommonInput, gateInput } from '../engine/input.ts';
import { goesLaterWay } from '../engine/later-change.ts';
import { provenOrNull } from '../engine/not-proven.ts';
import { defineProcedure } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { runProcedure } from '../engine/run-procedure.ts';
import { canBeTried } from './steps/can-be-tried.ts';
import { MAKE_ROOM, makeRoom, makeRoomSteps, roomLeftToMake, whyNoCleanUp } from './steps/make-room.ts';
import { restart, restartSettings, restartSteps, wrongLines } from './steps/restart.ts';

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
    'Tries an upload and its download, checks folder, disks, the proxy and permissions, repairs only the modes and owners that differ, removes what nothing in Docker uses when its disk is full, then restarts the proxy; after each it tries again.',
  beyond:
    'Tries a real upload after each solution, repairs only the modes and owners that differ, with a list of what was (folders keep their x bit), and tests the configuration of the proxy before it is restarted.',
  mutating: true,
  givesWay: true,
  safeState:
    'as before: repaired permissions go back with a run that fails, and without an approval nothing is removed, and nothing that serves users is restarted',
  input: gateInput,
  settings: [
    'thresholds.memoryPercent',
    'thresholds.diskUsedPercent',
    'weekly.unusedFor',
    ...restartSettings,
  ],
  steps: {
    'try-upload': { ...tryStep, title: 'Try an upload and its download', paper: 'Symptoms: upload errors' },
    uploads: { kind: 'check', title: 'Check modes and owners of the uploads', paper: 'Diagnosis: ls, find' },
    resources: {
      kind: 'check',
      title: 'Check processor, memory and disks',
      paper: 'Diagnosis: df -h',
      expectedSeconds: 3,
    },
    'proxy-config': {
      kind: 'check',
      title: "Test the proxy's configuration",
      paper: 'Diagnosis: nginx -t',
      expectedSeconds: 1,
    },
    'repair-modes': {
      kind: 'change',
      title: 'Repair the modes and owners that differ',
      paper: 'Solution 1. chmod -R 644',
      changes:
        'files 644, folders 755, of the owner of the data: only those that differ; a list of them on the host',
      undo: 'gives them the modes and owners that they had',
    },
    'try-after-repair': { ...tryStep, title: 'Try again' },
    ...makeRoomSteps,
    'try-after-clean-up': { ...tryStep, title: 'Try again after the clean-up' },
    ...restartSteps,
    'restart-service': { ...restartSteps['restart-service'], paper: 'Solution 3. restart nginx' },
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
    const found: Found = { proxy: proxy.checks, resources };
    run.section('Found', wrongLines([first, ...uploads.checks, ...resources.checks, ...proxy.checks]));
    run.section('Resources', resources.lines);
    run.verify(proxy.checks, 'report');
    try {
      await solve(run, found, await repair(run, uploads, first), options);
    } finally {
      // As they were seen last, however the run ends: a disk that was full may have room by now.
      run.verify(found.resources.checks, 'report');
    }
  });
}

/** What else was found; the resources are looked at again after a clean-up. */
interface Found {
  readonly proxy: readonly CheckResult[];
  resources: ResourceLook;
}

/** What follows when the uploads' own folder is in order. */
async function solve(
  run: UploadRun,
  found: Found,
  repaired: CheckResult,
  { approvalTimeoutSeconds }: UploadFailuresInput,
): Promise<void> {
  // A full disk is trouble enough to ask about; a proxy that serves is not touched for uploads that nobody can try.
  const isUntried = repaired.status === 'not proven' && goesLaterWay('untried-is-no-answer');
  if (repaired.status !== 'fail' && !isUntried) {
    run.verify([repaired], 'report');
    return skipFrom(run, 'plan-clean-up', run.dryRun ? 'known only at run time' : 'uploads work');
  }
  const cleaned = await cleanUp(run, found, repaired, approvalTimeoutSeconds);
  if (cleaned.status !== 'fail' && !isUntried) {
    run.verify([cleaned], 'report');
    return skipFrom(run, 'users-served', run.dryRun ? 'known only at run time' : 'uploads work');
  }
  const { fullDisks, checks } = found.resources;
  const hopeless = [
    ...fullDisks.map((place) => `no room on the disk of ${place}`),
    ...wrongLines(found.proxy),
    ...(isUntried ? ['no upload can be tried, so none is known to fail'] : []),
  ];
  if (hopeless.length > 0) {
    run.verify([cleaned, ...(isUntried ? [canBeTried(cleaned)] : [])], 'report');
    if (fullDisks.length > 0) run.section('Left to do', roomLeftToMake(fullDisks));
    return skipFrom(run, 'users-served', `no restart of the proxy: ${hopeless.join('; ')}`);
  }
  await restart(run, {
    service: 'proxy',
    why: 'uploads fail, and neither permissions nor disks are the cause',
    plan: [{ title: 'Found', lines: wrongLines([cleaned, ...checks, ...found.proxy]) }],
    approvalTimeoutSeconds,
  });
  const { check: last } = await run.change('try-after-restart', change.tryUpload({}));
  run.verify([last], 'report');
}

async function repair(run: UploadRun, uploads: UploadsLook, first: CheckResult): Promise<CheckResult> {
  if (uploads.wrong === 0) {
    run.verify(uploads.checks, 'report');
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

/** After room was made on a full disk the upload is tried again, and the disks count as they are then. */
async function cleanUp(
  run: UploadRun,
  found: Found,
  before: CheckResult,
  timeoutSeconds = found.resources.approvalTimeoutSeconds,
): Promise<CheckResult> {
  const why = whyNoCleanUp(found.resources);
  if (why !== null) {
    skipAll(run, CLEAN_UP, why);
    return before;
  }
  if (!(await makeRoom(run, found.resources.fullDisks, timeoutSeconds))) {
    run.skip('try-after-clean-up', 'nothing was removed');
    return before;
  }
  const look = () => run.check('resources', read.lookAtResources({}));
  const again = await provenOrNull(run, 'room on the disks after the clean-up', look, 'a-look-ends-nothing');
  if (again !== null) found.resources = again;
  return (await run.change('try-after-clean-up', change.tryUpload({}))).check;
}

const CLEAN_UP = [...MAKE_ROOM, 'try-after-clean-up'] as const;
const ORDER = [
  ...CLEAN_UP,
  'users-served',
  'approve-restart',
  'restart-service',
  'try-after-restart',
] as const;

function skipFrom(run: UploadRun, from: (typeof ORDER)[number], because: string): void {
  skipAll(run, ORDER.slice(ORDER.indexOf(from)), because);
}

function skipAll(run: UploadRun, steps: readonly (typeof ORDER)[number][], because: string): void {
  for (const id of steps) run.skip(id, because);
}
