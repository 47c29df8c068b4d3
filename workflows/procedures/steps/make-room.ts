import type { ResourceLook } from '../../contracts/diagnosis.ts';
import { read } from '../../engine/calls.ts';
import { goesLaterWay } from '../../engine/later-change.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import {
  cleanUpDocker,
  cleanUpDockerSteps,
  cleanUpLines,
  leaveDocker,
  planCleanUpStep,
  whyLeftAlone,
} from './docker-clean-up.ts';

const paper = 'Solution 2. clean up disk space';

/** Room on a full disk, as far as Docker has what nothing uses. */
export const makeRoomSteps = {
  'plan-clean-up': { ...planCleanUpStep['plan-clean-up'], paper },
  'approve-clean-up': { kind: 'gate', title: 'A person approves the clean-up' },
  'confirm-clean-up': { ...cleanUpDockerSteps['confirm-clean-up'], paper },
  'clean-up-docker': { ...cleanUpDockerSteps['clean-up-docker'], paper },
} as const satisfies StepsById;

/** The same, in their order. */
export const MAKE_ROOM = [
  'plan-clean-up',
  'approve-clean-up',
  'confirm-clean-up',
  'clean-up-docker',
] as const;

/** Why nothing in Docker can make room; null: it may. */
export function whyNoCleanUp({ fullDisks, cleanUpHelps }: ResourceLook): string | null {
  if (fullDisks.length === 0) return 'there is room on the disks';
  if (cleanUpHelps !== false || !goesLaterWay('clean-up-where-it-helps')) return null;
  return `Docker keeps nothing on the disk of ${fullDisks.join(', ')}`;
}

/** Removes what nothing in Docker uses, where a person approves; of users' data nothing. false: nothing was removed. */
export async function makeRoom(
  run: Run<typeof makeRoomSteps>,
  fullDisks: readonly string[],
  timeoutSeconds: number,
): Promise<boolean> {
  const plan = await run.check('plan-clean-up', read.planDockerCleanUp({}));
  const things = [...plan.plain, ...plan.doubtful];
  const isEmpty = things.length === 0 && plan.buildCacheBytes === 0;
  const why = whyLeftAlone(plan) ?? (isEmpty ? 'there is nothing in Docker that is not used' : null);
  if (why !== null) {
    run.skip('approve-clean-up', why);
    leaveDocker(run, why);
    run.section('Docker', [why]);
    return false;
  }
  await run.gate('approve-clean-up', {
    question: `Approve to remove what the plan lists: there is no room on the disk of ${fullDisks.join(', ')}.`,
    plan: [{ title: 'Docker', lines: cleanUpLines(things, plan) }],
    timeoutSeconds,
  });
  return cleanUpDocker(run, things);
}

/** What a person can do about full disks: nothing of it is a run's to decide. */
export function roomLeftToMake(places: readonly string[]): string[] {
  return [
    `make room on the disk of ${places.join(', ')}, or give it more: sudo du -xh --max-depth=2 PLACE | sort -h | tail`,
    "old backups, if they lie on it: backups.keep says how many stay, from the next backup on; backupFailure removes some only when none is recent. Users' uploads are for their owners to remove",
    'then: fdts-ops start uploadFailures',
  ];
}
