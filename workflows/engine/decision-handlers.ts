import {
  abortSignal,
  abortUpdate,
  approveSignal,
  approveUpdate,
  retrySignal,
  retryUpdate,
  skipSignal,
  skipUpdate,
} from '../messages.ts';

/** What a person may send to a run: name, signal, update, and what the UI says of it. */
export const DECISION_HANDLERS = [
  [
    'approve',
    approveSignal,
    approveUpdate,
    'Go on with the plan that the open gate shows. No input needed; or {"by":"your name","reason":"ticket 4711"}',
  ],
  [
    'abort',
    abortSignal,
    abortUpdate,
    'Stop and take back what was changed; an incident stays in its safe state. No input needed; or {"by":"your name","reason":"wrong night"}',
  ],
  [
    'retry',
    retrySignal,
    retryUpdate,
    'Try the failed step again. No input needed; or {"by":"your name","reason":"disk freed"}',
  ],
  [
    'skip',
    skipSignal,
    skipUpdate,
    'Leave out the failed step, where the checklist offers it. Or {"by":"your name","reason":"done by hand"}',
  ],
] as const;
