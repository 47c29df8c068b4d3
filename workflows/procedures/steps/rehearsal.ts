import type { BundleSurvey } from '../../contracts/configuration-bundle.ts';
import type { StepDeclaration } from '../../contracts/step.ts';
import type { BackupMade, PreparedImage } from '../../contracts/window-plan.ts';
import { change, undoWith } from '../../engine/calls.ts';
import { formatSeconds } from '../../engine/checklist.ts';
import { RunEnds, StepFailed } from '../../engine/failure.ts';
import type { Run } from '../../engine/run.ts';
import { bundleIn, bundleToRehearseStep } from './configuration-bundle.ts';

/** The steps with which a procedure tries its change on a throwaway copy, before it asks for the approval. */
export const rehearsalSteps = {
  'back-up-to-rehearse': {
    kind: 'change',
    title: 'Back up for the rehearsal',
    paper: 'Pre: full system backup',
    changes: 'one new archive with its manifest',
    undo: 'not needed: a backup is kept',
    onFailure: 'ask',
    expectedSeconds: 20,
  },
  'bundle-to-rehearse': { ...bundleToRehearseStep['bundle-to-rehearse'], paper: 'Pre: full system backup' },
  'stage-rehearsal': {
    kind: 'change',
    title: 'Restore the backup into a throwaway copy',
    paper: 'Pre: test in staging',
    changes: 'a folder in scratch, with the data of the backup, proven on the way',
    undo: 'removes the copy',
    expectedSeconds: 15,
  },
  rehearse: {
    kind: 'change',
    title: 'Try the new version on the copy: health, login, upload, download',
    paper: 'Pre: test in staging',
    changes: 'containers, a network and the data of the copy',
    undo: 'covered: the copy is removed',
    expectedSeconds: 20,
  },
  'rehearse-rollback': {
    kind: 'change',
    title: 'Try the way back on the copy',
    paper: 'Pre: rollback plan, test in staging',
    changes: 'the copy: its data as the backup has it, the old version on it',
    undo: 'covered: the copy is removed',
    expectedSeconds: 20,
  },
  'end-rehearsal': {
    kind: 'change',
    title: 'Remove the copy',
    changes: 'containers, network and folder of the copy',
    undo: 'not needed',
    expectedSeconds: 5,
  },
} as const satisfies Readonly<Record<string, StepDeclaration>>;

/** What a throwaway copy goes by in the host's file. */
export const copySettings = ['copies.memoryMegabytes', 'copies.maxFolderMegabytes'] as const;

/** What a rehearsal measured, in seconds. */
export interface Rehearsed {
  /** From nothing to a healthy new version. */
  readonly start: number;
  /** The same for the old version, on data as it was. */
  readonly rollback: number;
}

type RehearsalRun = Run<typeof rehearsalSteps>;

const COPY = 'rehearsal';

/**
 * Tries the new images on a throwaway copy made from a fresh backup, and then the old ones on the data as it was, as a
 * rollback leaves it. null in a dry run, which measures nothing.
 * @throws RunEnds `refused`: FDTS itself was not touched; what was prepared is removed.
 */
export async function rehearse(
  run: RehearsalRun,
  images: readonly PreparedImage[],
  bundle: BundleSurvey,
): Promise<Rehearsed | null> {
  const backup = await run.change('back-up-to-rehearse', change.makeBackup({}));
  await bundleIn(run, 'bundle-to-rehearse', bundle, backup);
  return orRefused(run, async () => {
    const remove = change.removeCopy({ copy: COPY });
    const staged = await stage(run, 'stage-rehearsal', backup, true);
    const changed = images.filter(({ oldId, newId }) => oldId !== newId);
    const start = await tryVersion(
      run,
      'rehearse',
      Object.fromEntries(changed.map(({ service, newId }) => [service, newId])),
      staged.rows,
    );
    const rollback = changed.length === 0 ? start : await tryRollback(run, backup, changed, staged.rows);
    if (changed.length === 0) run.skip('rehearse-rollback', 'no image changed: it is the same version');
    await run.change('end-rehearsal', remove);
    if (run.dryRun) return null;
    run.section('Rehearsal', [
      `on a copy with the data of ${backup.archive}: ${staged.uploads} uploads, ${told(staged.rows)}`,
      `the new version was healthy after ${formatSeconds(start)}, the old one again after ${formatSeconds(rollback)}`,
      ...staged.notes,
    ]);
    return { start, rollback };
  });
}

/** As a rollback leaves it: the data as it was, the old version on it. */
async function tryRollback(
  run: RehearsalRun,
  backup: BackupMade,
  changed: readonly PreparedImage[],
  rows: Readonly<Record<string, number>>,
): Promise<number> {
  await stage(run, 'rehearse-rollback', backup, false);
  const old = Object.fromEntries(changed.map(({ service, oldId }) => [service, oldId]));
  return tryVersion(run, 'rehearse-rollback', old, rows);
}

async function stage(
  run: RehearsalRun,
  step: 'stage-rehearsal' | 'rehearse-rollback',
  { archive, manifest }: Pick<BackupMade, 'archive' | 'manifest'>,
  first: boolean,
) {
  const call = change.stageCopy({ copy: COPY, archive, hasManifest: manifest !== null });
  if (!first) return run.change(step, call);
  return run.change(step, call, {
    undo: undoWith('Remove the throwaway copy', change.removeCopy({ copy: COPY })),
  });
}

/** Returns the seconds until it was healthy. */
async function tryVersion(
  run: RehearsalRun,
  step: 'rehearse' | 'rehearse-rollback',
  images: Readonly<Record<string, string>>,
  rows: Readonly<Record<string, number>>,
): Promise<number> {
  const { seconds } = await run.change(step, change.startCopy({ copy: COPY, images }));
  const { checks } = await run.change(step, change.probeCopy({ copy: COPY, upload: true, rows }));
  const what = step === 'rehearse' ? 'new version on a copy' : 'way back on a copy';
  run.verify(
    checks.map((check) => ({ ...check, name: `${what}: ${check.name}` })),
    'refused',
  );
  return seconds;
}

/** What fails on the copy was tried so that it does not fail on FDTS, which nobody has touched. */
async function orRefused<Result>(run: RehearsalRun, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const because =
      error instanceof RunEnds && error.outcome === 'refused'
        ? error.message
        : error instanceof StepFailed && !NOT_THE_REHEARSAL.includes(error.type)
          ? `${run.record(error.step).title}: ${error.message}`
          : null;
    if (because === null) throw error;
    throw new RunEnds(
      'refused',
      `the rehearsal failed, FDTS was not touched: ${because}. Mend that and start again; where this host cannot hold a copy, maintenance.rehearse: false leaves the rehearsal out, and the plan says so`,
      { onlyPrepared: true },
    );
  }
}

/** The run itself is at its end. */
const NOT_THE_REHEARSAL = ['FENCED_OFF', 'WORKER_ABSENT', 'OUT_OF_TIME'];

function told(rows: Readonly<Record<string, number>>): string {
  return Object.entries(rows)
    .map(([table, count]) => `${count} ${table}`)
    .join(', ');
}
