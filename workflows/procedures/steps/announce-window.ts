import type { UndoCall } from '../../contracts/calls.ts';
import type { NextWindow } from '../../contracts/window-plan.ts';
import { change, undoWith } from '../../engine/calls.ts';
import { formatHours } from '../../engine/checklist.ts';
import { goesLaterWay } from '../../engine/later-change.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';
import type { Message } from '../../engine/tell-people.ts';
import { MAINTENANCE_OVER } from '../../engine/tell-users.ts';
import { announceEndStep } from './last-steps.ts';

/** What people hear before anything is prepared. */
export const announceStartStep = {
  'announce-start': {
    kind: 'change',
    title: 'Tell people that a window is prepared',
    paper: 'Pre: notify users',
    changes: 'sends the configured notifications',
    undo: 'not needed: the end is announced too',
    onFailure: 'ask-or-skip',
  },
} as const satisfies StepsById;

/** What users hear once it is sure that the window begins. */
export const announceOpeningStep = {
  'announce-opening': {
    kind: 'change',
    title: 'Tell users that it begins',
    paper: 'Pre: notify users',
    changes: 'sends the announcement to users',
    undo: 'tells them that the maintenance is off',
    onFailure: 'ask-or-skip',
  },
} as const satisfies StepsById;

type AnnounceRun = Run<typeof announceStartStep & typeof announceOpeningStep & typeof announceEndStep>;

const audience = 'users';

const START = 'announcement-start';
const OPENING = 'announcement-opening';

/** Keys of what users hear of a window before they hear how it ended. */
export const ANNOUNCED: readonly string[] = [START, OPENING];

/** Tells users when the window is, and that it is off when it ends before the cut-over; of one that opens now, operators. */
export async function announceStart(run: AnnounceRun, window: NextWindow | null): Promise<void> {
  if (window === null) {
    await announce(run, 'announce-start', {
      key: 'start',
      subject: 'maintenance window is being prepared',
      text: 'Nothing is stopped before a person approves the plan.',
    });
    return;
  }
  const { opensAt, noticeSeconds, says } = window;
  const notice = (opensAt - Date.now()) / 1000;
  run.verify(
    [
      {
        name: 'users are told in time',
        // The preparation took the host, and others may have had it before.
        status: notice >= noticeSeconds * 0.95 ? 'pass' : 'not proven',
        expected: `${formatHours(noticeSeconds)} before the window`,
        got: `${formatHours(notice)} before`,
      },
    ],
    'report',
  );
  run.usersAwaitEnd = true;
  await announce(
    run,
    'announce-start',
    {
      key: START,
      audience,
      subject: `maintenance on ${says}`,
      text: `FDTS is being maintained in this time and may be away for some minutes. Save your work before.`,
    },
    tellOff(`no more maintenance on ${says}`),
  );
}

/** Tells users that the window begins: what was approved holds, and nothing is stopped before the backup is proven. */
export async function announceOpening(run: AnnounceRun, window: NextWindow | null): Promise<void> {
  if (!goesLaterWay('users-hear-the-start')) {
    run.skip('announce-opening', 'the run passed this point in an earlier version');
    return;
  }
  run.usersAwaitEnd = true;
  await announce(
    run,
    'announce-opening',
    {
      key: OPENING,
      audience,
      subject: 'maintenance begins',
      text: 'FDTS is going to be away for some minutes. Save your work now.',
    },
    // The notice of a later window has its own.
    window === null ? tellOff('the maintenance is off') : undefined,
  );
}

/** Tells operators and users that the window is over. */
export async function announceEnd(run: AnnounceRun): Promise<void> {
  await announce(run, 'announce-end', {
    key: 'end',
    subject: 'maintenance window is over',
    text: 'FDTS serves again; the report is on the host.',
  });
  if (!run.usersAwaitEnd || !goesLaterWay('users-hear-the-end')) return;
  await announce(run, 'announce-end', MAINTENANCE_OVER);
  run.usersAwaitEnd = false;
}

function tellOff(subject: string): UndoCall {
  const message = { key: 'announcement-off', audience, subject, text: 'FDTS runs as before.' } as const;
  return undoWith('Tell users that the maintenance is off', change.announce(message));
}

/** Tells people; a channel that failed is told in the plan and the report, since nobody else would notice. */
async function announce(
  run: AnnounceRun,
  step: 'announce-start' | 'announce-opening' | 'announce-end',
  message: Message,
  undo?: UndoCall,
): Promise<void> {
  const options = undo === undefined ? {} : { undo };
  const sent = await run.tryChange(step, change.announce(message), options);
  if (sent?.channels.includes('failed') !== true) return;
  const got = sent.channels;
  run.verify(
    [{ name: 'people were told', status: 'not proven', expected: 'every channel took it', got }],
    'report',
  );
}
