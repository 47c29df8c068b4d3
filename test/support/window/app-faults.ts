import type { SandboxHost } from '../../../sandbox/host.ts';
import { httpRequest } from '../../../sandbox/http-request.ts';

/** What the sandbox's app can be made to do wrong until it is restarted; see sandbox/fdts/app/src/faults.mjs. */
export interface AppFaults {
  /** Percent of the requests, health left out, that are answered 500. */
  readonly errors?: number;
  /** Milliseconds that each answer is late. */
  readonly slow?: number;
  /** MB of memory more that it loses. */
  readonly leak?: number;
  /** It takes the write lock of its database, and keeps it. */
  readonly lock?: true;
}

/** Makes the app faulty from now on, until it is restarted. */
export async function setFaults(host: SandboxHost, faults: AppFaults): Promise<void> {
  const body = JSON.stringify(faults);
  const { status } = await httpRequest(`${host.httpUrl}/api/sandbox/faults`, { method: 'POST', body });
  if (status !== 204) throw new Error(`faults of the sandbox app: answered ${status}, expected 204`);
}
