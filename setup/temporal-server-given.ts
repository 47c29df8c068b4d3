import { checkGivenTemporal, type GivenTemporal } from './temporal-given.ts';
import type { TemporalServer } from './temporal-server.ts';

/** Somebody else's server as it is: checked, never started or ended by us. */
export async function givenServer(given: GivenTemporal): Promise<TemporalServer> {
  await checkGivenTemporal(given);
  return {
    address: given.address,
    namespace: given.namespace,
    uiUrl: process.env['FDTS_OPS_UI_URL'],
    chosen: 'given',
    startedByUs: false,
    pid: undefined,
    profile: given.profile,
    environment: {},
    stop: () => Promise.resolve(),
    kill: () =>
      Promise.reject(new Error(`the Temporal server at ${given.address} was given: it is not ours to kill`)),
    start: () => Promise.resolve(),
  };
}
