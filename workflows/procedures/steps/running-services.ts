import type { ServiceState } from '../../contracts/window-plan.ts';

/** Services that ran when the host was looked at: one that had ended, or that somebody stopped, is not started by a change. */
export function runningServices(services: readonly ServiceState[]): readonly string[] {
  return services.filter(({ state }) => state === 'running').map(({ service }) => service);
}
