import { httpRequest } from '../sandbox/http-request.ts';
import { waitUntil } from '../sandbox/wait-until.ts';
import { isRunning, type ProcessIdentity } from './process-identity.ts';

/**
 * Waits until a worker that was just started says at `health` that it takes work. False: it has ended, as it does when
 * another process took its port in the moment before; that one may well answer there in its place.
 */
export async function takesWork(
  identity: ProcessIdentity,
  health: string,
  logFile: string,
): Promise<boolean> {
  const hasEnded = () => !isRunning(identity);
  const isItself = async () => {
    const { status, body } = await httpRequest(health, { timeoutMs: 1000 });
    return status === 200 && JSON.parse(body.toString()).pid === identity.pid;
  };
  const isSettled = async () => hasEnded() || isItself().catch(() => false);
  await waitUntil(`the worker takes work (log: ${logFile})`, isSettled, 60_000);
  return !hasEnded();
}
