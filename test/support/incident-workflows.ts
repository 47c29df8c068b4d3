import type { RunReport } from '../../workflows/contracts/report.ts';
import { change, undoWith } from '../../workflows/engine/calls.ts';
import type { CommonInput } from '../../workflows/engine/input.ts';
import { defineProcedure } from '../../workflows/engine/procedure.ts';
import { runProcedure } from '../../workflows/engine/run-procedure.ts';
import { takeHoldFirst } from '../../workflows/engine/take-hold-first.ts';

// Two made-up procedures with a safe state, to test what the engine makes of it.

export { unknownProcedure as default } from '../../workflows/unknown-procedure.ts';

interface DrillInput extends CommonInput {
  /** Cuts over although no gate was opened. */
  readonly withoutGate?: boolean;
  /** Ends in the safe state, without cutting over. */
  readonly stays?: boolean;
}

const containedDrill = defineProcedure({
  type: 'containedDrill',
  title: 'A drill with a safe state',
  section: 'none',
  summary: 'Reaches its safe state, and leaves it by an approval only.',
  beyond: 'no section has it',
  mutating: true,
  safeState: 'stopped',
  input: {
    withoutGate: { type: 'boolean', describe: 'cuts over unasked', example: true },
    stays: { type: 'boolean', describe: 'ends in the safe state', example: true },
  },
  settings: [],
  steps: {
    stop: { kind: 'change', title: 'Stop', changes: 'services', undo: 'starts them' },
    contain: { kind: 'change', title: 'Stay stopped', changes: 'services', undo: 'keeps them stopped' },
    'approve-mending': { kind: 'gate', title: 'A person approves' },
    mend: { kind: 'change', title: 'Mend', changes: 'the database', undo: 'moves it back' },
    'cut-over': { kind: 'change', title: 'Let users in', changes: 'services', undo: 'not needed' },
    'unblock-start': { kind: 'change', title: 'Unblock', changes: 'the hold file', undo: 'not needed' },
  },
});

const keep = undoWith('Keep the services stopped', change.stopServices({ services: ['nginx', 'app'] }));

export async function drill(input?: DrillInput): Promise<RunReport> {
  return runProcedure(containedDrill, input, async (run, options) => {
    if (run.incident === null) {
      await run.change('stop', change.stopServices({ services: ['app'] }), {
        undo: undoWith('Start', change.startServices({ services: ['app'], verify: true })),
      });
      run.shutUsersOut();
    }
    await run.change('contain', change.stopServices({ services: ['nginx', 'app'] }), {
      contains: { safeState: 'stopped', keep, left: ['approve a follow-up run'] },
    });
    if (options.stays === true) return;
    if (options.withoutGate !== true)
      await run.gate('approve-mending', { question: 'Approve?', plan: [], timeoutSeconds: 8 });
    await run.change('mend', change.swapInRestored({}), {
      undo: undoWith('Move it back', change.takeBackRestored({})),
    });
    await run.change('cut-over', change.openToUsers({ services: ['app'] }), {
      finish: [undoWith('Let users in', change.openToUsers({ services: ['app'] }))],
    });
    run.letUsersIn('between stop and cut-over');
    await run.change('unblock-start', change.unblockStart({ policies: [] }));
  });
}

const emergencyDrill = defineProcedure({
  type: 'emergencyDrill',
  title: 'A drill of an emergency',
  section: 'none',
  summary: 'Isolates at once, and then takes the host.',
  beyond: 'no section has it',
  mutating: true,
  emergency: true,
  safeState: 'isolated',
  input: {},
  settings: [],
  steps: {
    isolate: { kind: 'change', title: 'Isolate', changes: 'the firewall', undo: 'isolates again' },
    rotate: { kind: 'change', title: 'Rotate secrets', changes: 'the env file', undo: 'not needed' },
  },
});

export async function emergency(input?: CommonInput): Promise<RunReport> {
  return runProcedure(emergencyDrill, input, async (run) => {
    const isolate = change.blockStart({});
    await run.change('isolate', isolate, {
      contains: { safeState: 'isolated', keep: undoWith('Isolate', isolate), left: ['look at the evidence'] },
    });
    await takeHoldFirst(run);
    await run.change('rotate', change.cleanUp({}));
  });
}
