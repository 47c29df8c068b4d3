import type { StepsById } from '../../engine/procedure.ts';

/** What a restore or a way back keeps aside has its time. */
export const cleanUpStep = {
  'clean-up': {
    kind: 'change',
    title: 'Clean up what is past its retention',
    changes:
      'removes what earlier runs set aside after rollbackRetention; what is nowhere else stays, and is named',
    undo: 'not needed',
    onFailure: 'ask-or-skip',
  },
} as const satisfies StepsById;

/** The last thing that a run does for people. */
export const announceEndStep = {
  'announce-end': {
    kind: 'change',
    title: 'Tell people that it is over',
    changes: 'sends the configured notifications',
    undo: 'not needed',
    onFailure: 'ask-or-skip',
  },
} as const satisfies StepsById;
