import { setTimeout as wait } from 'node:timers/promises';
import type { UsersServed } from '../../workflows/contracts/error-rate.ts';
import { measureErrorRate, type RatedHost } from './error-rate.ts';

/** What counts is whether users are served now: an outage that is over says nothing about it. */
export const NOW_SECONDS = 60;
const PROBES = 5;
const PROBE_EVERY_MS = 200;

/**
 * Whether FDTS counts as down: the worse of what users met in the last minute and of a few probes through the proxy.
 * docs/decisions names the rule.
 */
export async function measureUsersServed(host: RatedHost, signal: AbortSignal): Promise<UsersServed> {
  const { downPercent } = host.config.thresholds;
  const rate = await measureErrorRate(host, NOW_SECONDS);
  let failed = 0;
  for (let probe = 0; probe < PROBES; probe += 1) {
    if (probe > 0) await wait(PROBE_EVERY_MS, undefined, { signal });
    if (!(await answersUsers(host, signal))) failed += 1;
  }
  const failedPercent = Math.max((failed / PROBES) * 100, rate.percent ?? 0);
  const where = host.config.services.proxy === null ? '' : ' through the proxy';
  return {
    down: failedPercent >= downPercent,
    failedPercent,
    downPercent,
    told: `${failed} of ${PROBES} probes${where} failed; ${rate.told}`,
  };
}

/**
 * One probe: users come in through the proxy. Where that is none of the services an app that answers serves them as well:
 * what stands before it is not mended by a restart of FDTS.
 */
async function answersUsers({ config, app }: RatedHost, signal: AbortSignal): Promise<boolean> {
  if ((await app.checkHealth({ through: 'proxy', signal })).ok) return true;
  return config.services.proxy === null && (await app.checkHealth({ signal })).ok;
}
