/** The task queue of the control worker: what an operator types to start a procedure. */
export const CONTROL_TASK_QUEUE = 'fdts-ops';

/** The task queue of a host's worker. */
export function hostTaskQueue(host: string): string {
  return `fdts-host-${host}`;
}

/** A second task queue of a host's worker: that one machine's, whoever has its host's name by now. */
export function machineTaskQueue(machineId: string): string {
  return `fdts-machine-${machineId}`;
}
