import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { summariseLog } from '../adapters/logs/summarise-log.ts';
import { errorRateReads } from '../diagnosis/error-rate.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { judgeProbes, MOST_IN_A_ROW } from './judge-probes.ts';

const PROBE_EVERY_MS = 1000;

/** Watching FDTS closely after an emergency change. */
export function closeWatchReads(host: Host) {
  const { config, docker, app } = host;

  /**
   * Asks for health each second, then measures what users met and whether services ended; it ends at once when health fails
   * several times in a row. A check that fails is a reason to take the change back; errors in the log are told.
   */
  const watchClosely: Read<
    { readonly seconds: number; readonly services: readonly string[] },
    { readonly checks: readonly CheckResult[]; readonly lines: readonly string[] }
  > = async (context, { seconds, services }) => {
    const { signal, progress } = context;
    const began = Date.now();
    const until = began + seconds * 1000;
    const restartsBefore = await restarts(services);
    const probes: boolean[] = [];
    let judged = judgeProbes(probes);
    // A failed probe at the end is asked again: neither end is decided by one lost answer.
    while ((Date.now() < until || judged.inARow > 0) && judged.inARow < MOST_IN_A_ROW) {
      probes.push((await app.checkHealth({ through: 'proxy', signal })).ok);
      judged = judgeProbes(probes);
      const left = Math.max(0, Math.ceil((until - Date.now()) / 1000));
      progress(`${probes.length} probes, ${judged.failed} failed; ${left} s left`);
      const pause = judged.inARow > 0 ? PROBE_EVERY_MS : Math.min(PROBE_EVERY_MS, until - Date.now());
      await wait(Math.max(0, pause), undefined, { signal });
    }
    const watched = Math.max(1, Math.ceil((Date.now() - began) / 1000));
    const rate = await errorRateReads(host).errorRate(context, { seconds: watched });
    const ended = endedServices(services, restartsBefore, await restarts(services));
    const { lines, errors } = await logErrors(new Date(began).toISOString());
    return {
      lines: [`watched for ${watched} s; ${rate.told}`, ...lines],
      checks: [
        healthCheck(probes, watched),
        { ...rate.check, name: 'what users met while it was watched' },
        {
          name: 'services stay up while it is watched',
          status: ended.length === 0 ? 'pass' : 'fail',
          expected: 'no end and no restart',
          got: ended.join(', ') || 'none',
          answer: ANSWERS.applicationDown,
        },
        {
          name: "errors in the app's log while it was watched",
          // What an app calls an error may be one of its users': told, and no reason to take a mend away.
          status: errors === 0 ? 'pass' : 'not proven',
          expected: 'none',
          got: String(errors),
          answer: ANSWERS.highErrorRate,
        },
      ],
    };
  };

  async function restarts(services: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const found = await docker.projectContainers(config.project.name);
    return new Map(
      services.map((service) => {
        const own = found.find((container) => container.service === service);
        return [service, own?.state === 'running' ? own.startedAt : null];
      }),
    );
  }

  async function logErrors(since: string) {
    const containers = await docker.projectContainers(config.project.name);
    const own = containers.find(({ service }) => service === config.services.app);
    if (own === undefined) return { lines: [], errors: 0 };
    const { fingerprints, byLevel } = await summariseLog(docker.logsSince(own.id, since));
    return {
      lines: fingerprints
        .slice(0, 10)
        .map(({ level, count, fingerprint }) => `${count} × ${level}: ${fingerprint}`),
      errors: byLevel.error + byLevel.fatal,
    };
  }

  return { watchClosely };
}

function healthCheck(probes: readonly boolean[], watched: number): CheckResult {
  const { failed, isBad } = judgeProbes(probes);
  return {
    name: `health through the proxy, each second for ${watched} s`,
    status: isBad ? 'fail' : 'pass',
    expected: `fewer than ${MOST_IN_A_ROW} failed in a row, and few in all`,
    got: `${failed} of ${probes.length} failed`,
    answer: ANSWERS.applicationDown,
  };
}

function endedServices(
  services: readonly string[],
  before: ReadonlyMap<string, string | null>,
  after: ReadonlyMap<string, string | null>,
): string[] {
  return services.filter(
    (service) => after.get(service) === null || after.get(service) !== before.get(service),
  );
}
