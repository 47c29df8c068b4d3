import { setTimeout as delay } from 'node:timers/promises';
import { OperationError } from '../operation-error.ts';
import type { containerOperations, ProjectContainer } from './containers.ts';

/** How long containers may take to come up, and who is told meanwhile. */
export type WaitOptions = {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Called about twice a second: heartbeats. */
  readonly onProgress?: (states: string) => void;
};

/**
 * Waits until each container is healthy, or runs when it has no health check. Fails at once when one has ended and
 * nothing restarts it; at the timeout it says the state of each.
 */
export const waitUntilUp = async (
  containers: Pick<ReturnType<typeof containerOperations>, 'inspectContainer'>,
  ids: readonly string[],
  { timeoutMs, signal, onProgress }: WaitOptions,
): Promise<readonly ProjectContainer[]> => {
  const deadline = Date.now() + timeoutMs;
  while (true) {
    const found = await Promise.all(ids.map((id) => containers.inspectContainer(id)));
    const states = found.map((container, index) => stateOf(container, ids[index] ?? ''));
    const up = found.filter((container) => container !== null).filter(isUp);
    if (up.length === ids.length) return up;
    if (found.some((container) => container === null || isOver(container))) throw notUp(ids, states, 'ended');
    if (Date.now() >= deadline) throw notUp(ids, states, `not up within ${timeoutMs / 1000} s`);
    onProgress?.(states.join(', '));
    await delay(500, undefined, signal === undefined ? {} : { signal });
  }
};

const isUp = ({ state, health }: ProjectContainer): boolean =>
  state === 'running' && (health === null || health === 'healthy');

const isOver = ({ state, restartPolicy }: ProjectContainer): boolean =>
  state === 'dead' || (state === 'exited' && restartPolicy === 'no');

const stateOf = (container: ProjectContainer | null, id: string): string => {
  if (container === null) return `${id}: no such container`;
  const { service, name, state, health, exitCode } = container;
  const detail = state === 'exited' ? ` (exit code ${exitCode})` : health === null ? '' : ` (${health})`;
  return `${service || name}: ${state}${detail}`;
};

const notUp = (ids: readonly string[], states: readonly string[], why: string): OperationError =>
  new OperationError({
    code: 'CONTAINERS_NOT_UP',
    operation: 'waitUntilUp',
    target: ids.map((id) => id.slice(0, 12)).join(', '),
    cause: `${why}; ${states.join(', ')}`,
    hint: 'Read the container’s own log on the host: docker logs --tail 100 CONTAINER',
    retryable: false,
  });
