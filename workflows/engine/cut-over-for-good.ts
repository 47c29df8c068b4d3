import type { Call, UndoCall } from '../contracts/calls.ts';
import { change, undoWith } from './calls.ts';
import { RunEnds, StepFailed } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/** The steps of a cut-over. */
interface CutOverSteps extends StepsById {
  readonly 'cut-over': StepsById[string];
  readonly 'unblock-start': StepsById[string];
}

/**
 * Lets users in where nothing can be taken back from then on: they write to data that another state would not have. A
 * failure needs an operator, and the host keeps what is left to do for `recover`.
 */
export async function cutOverForGood(
  run: Run<CutOverSteps>,
  after: {
    readonly services: readonly string[];
    readonly policies: readonly { readonly service: string; readonly policy: string }[];
    /** How users are let in, when not by `openToUsers`. */
    readonly open?: Call;
    /** What `recover` does besides letting users in. */
    readonly besides: readonly UndoCall[];
    readonly because: string;
  },
): Promise<void> {
  const open = after.open ?? change.openToUsers({ services: after.services });
  const unblock = change.unblockStart({ policies: after.policies, serving: after.services });
  run.pointOfNoReturn(after.because);
  try {
    await run.change('cut-over', open, {
      finish: [
        undoWith('Let users in', open),
        undoWith('Let FDTS start itself again', unblock),
        ...after.besides,
      ],
    });
  } catch (error) {
    if (!(error instanceof StepFailed) || error.type === 'FENCED_OFF') throw error;
    throw new RunEnds(
      'needs-operator',
      `the new state is in place and proven, but users could not be let in: ${error.message}. Mend that, then "sudo fdts-ops recover" on the host goes on`,
    );
  }
  run.letUsersIn('between the stop and the cut-over');
  // Users are served: that FDTS would not start itself after a reboot is told, and no reason to shut them out again.
  await run.tryChange('unblock-start', unblock);
}
