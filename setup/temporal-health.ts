import { Connection, type ConnectionOptions } from '@temporalio/client';
import { reasonOf } from './reason-of.ts';
import { waitUntil } from './wait-until.ts';

const serving = 1;
const workflowService = 'temporal.api.workflowservice.v1.WorkflowService';

/** Asks a Temporal server once whether it serves; undefined when it does, else the reason that it does not. */
export async function temporalProblem(
  options: ConnectionOptions,
  timeoutMs = 3_000,
): Promise<string | undefined> {
  let connection: Connection | undefined;
  try {
    const opened = await Connection.connect({ ...options, connectTimeout: timeoutMs });
    connection = opened;
    const answer = await opened.withDeadline(Date.now() + timeoutMs, () =>
      opened.healthService.check({ service: workflowService }),
    );
    return answer.status.valueOf() === serving
      ? undefined
      : `it answers, but with health status ${answer.status}`;
  } catch (error) {
    return reasonOf(error);
  } finally {
    await connection?.close();
  }
}

/** Waits until the server serves; gives up early when `isAlive` says that its process ended. */
export async function waitForTemporal(
  options: ConnectionOptions,
  { timeoutMs, isAlive }: { timeoutMs: number; isAlive: () => boolean },
): Promise<string | undefined> {
  let problem: string | undefined = 'not asked yet';
  await waitUntil(
    async () => {
      problem = isAlive() ? await temporalProblem(options) : 'its process has ended';
      return problem === undefined || !isAlive();
    },
    { timeoutMs },
  );
  return problem;
}
