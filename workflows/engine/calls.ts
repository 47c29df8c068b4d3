import type { ControlReads } from '../../activities/control-reads.ts';
import type { HostMutations } from '../../activities/host-mutations.ts';
import type { HostReads } from '../../activities/host-reads.ts';
import type { Call, UndoCall } from '../contracts/calls.ts';

type CallsOf<Activities> = {
  readonly [Name in keyof Activities & string]: Activities[Name] extends (
    context: never,
    input: infer Input,
  ) => Promise<infer Result>
    ? (input: Input) => Call<Name, Result>
    : never;
};

/** Mutating activities of the host worker: `change.stopServices({...})` is the call as data. */
export const change = callsOf<HostMutations>();

/** Reading activities of the host worker. */
export const read = callsOf<HostReads>();

/** Reading activities of the control worker. */
export const control = callsOf<ControlReads>();

/** Names a call as the undo of a step. */
export function undoWith(title: string, call: Call): UndoCall {
  return { title, activity: call.activity, input: call.input };
}

// A misspelt name does not compile; at run time every name makes a call of that name.
function callsOf<Activities>(): CallsOf<Activities> {
  const target: CallsOf<Activities> = Object.create(null);
  return new Proxy(target, {
    get: (_target, activity) => (input: unknown) => ({ activity: String(activity), input }),
  });
}
