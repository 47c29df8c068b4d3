import { type RootTaskStep, runRootTask } from '../command/root-task.ts';

const TIMEOUT_MS = 330_000;

/**
 * Starts the unit that starts the project at boot. After a boot in the middle of a change it is inactive although
 * everything runs: its start was held back. Containers that run stay as they are. May be repeated.
 */
export const startStackUnit = async (
  step: RootTaskStep,
  unit: string,
  signal: AbortSignal,
): Promise<void> => {
  await runRootTask(step, 'start-stack', [unit], { timeoutMs: TIMEOUT_MS, signal });
};
