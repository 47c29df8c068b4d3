import { setTimeout as delay } from 'node:timers/promises';
import { OperationError } from '../operation-error.ts';
import { checkHealth, type Health, type HealthQuestion } from './check-health.ts';

/** How long to wait in all; `onProbe` hears of every answer, for heartbeats. */
export type HealthWait = {
  readonly withinMs: number;
  readonly intervalMs: number;
  readonly onProbe?: ((health: Health) => void) | undefined;
};

const LEAST_PATIENCE_MS = 1000;

/**
 * Asks again and again until the app is healthy. Throws `OperationError`: `APP_NOT_HEALTHY` with what the last answer
 * was, `APP_REQUEST_ABORTED`.
 */
export const waitUntilHealthy = async (question: HealthQuestion, wait: HealthWait): Promise<Health> => {
  const end = performance.now() + wait.withinMs;
  for (;;) {
    // The last question gets time for an answer too: "no answer within 1 ms" would hide what the app really says.
    const left = Math.max(LEAST_PATIENCE_MS, end - performance.now());
    const health = await checkHealth({
      ...question,
      timeoutMs: Math.ceil(Math.min(question.timeoutMs, left)),
    });
    wait.onProbe?.(health);
    if (health.ok) return health;
    const rest = Math.max(0, end - performance.now());
    // An abort ends the pause; the next question then says so.
    await delay(Math.min(wait.intervalMs, rest), undefined, { signal: question.signal }).catch(
      () => undefined,
    );
    if (performance.now() >= end && question.signal?.aborted !== true)
      throw notHealthy(question, wait, health);
  }
};

const notHealthy = ({ url }: HealthQuestion, { withinMs }: HealthWait, last: Health): OperationError =>
  new OperationError({
    code: 'APP_NOT_HEALTHY',
    operation: 'waitUntilHealthy',
    target: url,
    cause: `not healthy within ${withinMs / 1000} s; last: ${last.problem ?? 'unknown'}`,
    hint: 'Look at the logs of the app service; when it only starts slowly, raise maintenance.healthTimeout.',
    retryable: false,
  });
