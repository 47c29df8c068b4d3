import type { Figure } from '../../contracts/figures.ts';
import { change, read } from '../../engine/calls.ts';
import { provenOrNull } from '../../engine/not-proven.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import { healthSteps, measureHealth, measureOf } from './health.ts';

/** Measured while users still work on the old version. */
export const timeBeforeStep = {
  'time-before': { kind: 'check', title: 'Time responses before the stop', expectedSeconds: 2 },
} as const satisfies StepsById;

/** The runbook's post-maintenance checklist, with the expected results of the daily health check. */
export const checkAfterSteps = {
  services: {
    ...healthSteps.services,
    title: 'Checklist: all services are up',
    paper: 'Post: all services running',
  },
  health: {
    ...healthSteps.health,
    title: 'Checklist: the app answers',
    paper: 'Post: test critical functionality',
  },
  disk: { ...healthSteps.disk, title: 'Checklist: disk space', paper: 'Daily 3. df -h' },
  logs: {
    ...healthSteps.logs,
    title: 'Checklist: no errors since users were let in',
    paper: 'Post: monitor for errors',
  },
  backups: {
    ...healthSteps.backups,
    title: 'Checklist: a recent verified backup',
    paper: 'Daily 5. ls of the backups',
  },
  'time-after': {
    kind: 'check',
    title: 'Checklist: response time compared with before',
    expectedSeconds: 2,
  },
  'try-functions': {
    kind: 'change',
    title: 'Checklist: a user can log in, upload and download',
    paper: 'Post: test critical functionality',
    changes: 'what the app notes of a login; one small test file, removed again',
    undo: 'not needed',
    onFailure: 'ask-or-skip',
  },
} as const satisfies StepsById;

const ITEMS = [
  'services',
  'health',
  'disk',
  'logs',
  'backups',
  'time-after',
  'try-functions',
] as const satisfies readonly (keyof typeof checkAfterSteps)[];

/** Few enough to wait for before a stop, enough for a median. */
const REQUESTS = 20;
/** Begins the name of each item, also of one that was left out, which is told by the title of its step. */
const PREFIX = 'Checklist: ';

/** Response times of the old version; empty when they could not be measured, or in a dry run. */
export async function timeBefore(run: Run<typeof timeBeforeStep>): Promise<readonly Figure[]> {
  const timed = await provenOrNull(run, 'response time before the stop', () =>
    run.check('time-before', read.timeRequests({ requests: REQUESTS }), {
      says: 'a real run compares with it after the cut-over',
      result: { checks: [], lines: [], figures: [] },
    }),
  );
  return timed?.figures ?? [];
}

/**
 * Measures each item of the checklist, whatever the others say; errors count `since` (milliseconds). A failed one is told
 * with what answers it; it takes nothing away from users, who work on the new version.
 */
export async function checkAfterWindow(
  run: Run<typeof checkAfterSteps>,
  { since, before }: { readonly since: number; readonly before: readonly Figure[] },
): Promise<void> {
  if (run.dryRun) {
    for (const id of ITEMS) run.skip(id, 'a real run measures it after the cut-over');
    return;
  }
  const measure = measureOf(run, (name) => `${PREFIX}${name}`);
  const errors = read.checkLogsSince({ since: new Date(since).toISOString(), says: 'users were let in' });
  await measureHealth(run, measure, errors);
  await measure('response time compared with before', () =>
    run.check('time-after', read.compareResponseTimes({ before, requests: REQUESTS })),
  );
  // Last: what a trial that was cut off makes the app log is no error that users met.
  const tried = await run.tryChange('try-functions', change.tryLoginAndUpload({}));
  if (tried !== undefined) await measure('a user can work', async () => tried);
  run.section(
    'Post-maintenance checklist',
    run.checks
      .filter(({ name }) => name.startsWith(PREFIX))
      .map(
        ({ name, status, got, expected }) =>
          `${status}: ${name.slice(PREFIX.length)}: ${got} (expected ${expected})`,
      ),
  );
}
