import { defineSearchAttributeKey } from '@temporalio/common';

/** Which procedure a run is, e.g. `plannedMaintenance`. */
export const fdtsProcedure = defineSearchAttributeKey('FdtsProcedure', 'KEYWORD');
/** The host that a run is for, by its configured name. */
export const fdtsHost = defineSearchAttributeKey('FdtsHost', 'KEYWORD');
/** How a run ended: one of the named outcomes; absent while it runs. */
export const fdtsOutcome = defineSearchAttributeKey('FdtsOutcome', 'KEYWORD');
/** Whether a run waits for people now: for a decision, or for the worker of its host to be brought back. */
export const fdtsWaiting = defineSearchAttributeKey('FdtsWaiting', 'BOOL');

/** Every search attribute of the product; a namespace must know them all before a worker starts. */
export const searchAttributes = [fdtsProcedure, fdtsHost, fdtsOutcome, fdtsWaiting] as const;
