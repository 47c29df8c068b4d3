import type { StepsById } from '../../engine/procedure.ts';

/** While FDTS is stopped it does not start itself, not after a reboot either. */
export const blockStartStep = {
  'block-start': {
    kind: 'change',
    title: 'Keep FDTS from starting itself',
    changes: 'restart policies to "no", and the hold file that stops fdts.service',
    undo: 'puts the policies back and removes the file',
  },
} as const satisfies StepsById;

/** Once users are in again. */
export const unblockStartStep = {
  'unblock-start': {
    kind: 'change',
    title: 'Let FDTS start itself again',
    changes: 'restart policies as before; removes the hold file',
    undo: 'not needed',
    onFailure: 'ask-or-skip',
    byHand:
      'docker update --restart POLICY CONTAINER for each, with the policies of the compose file; the hold file as sudo fdts-ops doctor says',
  },
} as const satisfies StepsById;
