import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { summariseLog } from '../adapters/logs/summarise-log.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { checkServing } from './serving.ts';

const PROBE_EVERY_MS = 1000;

/** Watching FDTS after users were let in. */
export function watchReads(host: Host) {
  const { config, docker, app } = host;

  /** These services up, the app healthy through the proxy. Services that did not run before are not asked for. */
  const serving: Read<
    { readonly services: readonly string[] },
    { readonly checks: readonly CheckResult[] }
  > = async ({ signal, progress }, { services }) => ({
    checks: await checkServing(host, services, signal, progress),
  });

  /** Asks for health each second and counts errors in the app's log, for the stated time. */
  const watchForErrors: Read<
    { readonly seconds: number },
    { readonly checks: readonly CheckResult[]; readonly lines: readonly string[] }
  > = async ({ signal, progress }, { seconds }) => {
    const since = new Date().toISOString();
    const until = Date.now() + seconds * 1000;
    let asked = 0;
    let failed = 0;
    while (Date.now() < until) {
      const health = await app.checkHealth({ through: 'proxy', signal });
      asked += 1;
      if (!health.ok) failed += 1;
      progress(`${asked} probes, ${failed} failed`);
      await wait(Math.min(PROBE_EVERY_MS, Math.max(0, until - Date.now())), undefined, { signal });
    }
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.app,
    );
    const log = container === undefined ? null : await summariseLog(docker.logsSince(container.id, since));
    const errors = log === null ? 0 : log.byLevel.error + log.byLevel.fatal;
    return {
      lines: (log?.fingerprints ?? [])
        .slice(0, 10)
        .map(({ level, count, fingerprint }) => `${count} × ${level}: ${fingerprint}`),
      checks: [
        {
          name: `health through the proxy, each second for ${seconds} s`,
          status: failed === 0 ? 'pass' : 'fail',
          expected: 'no failed probe',
          got: `${failed} of ${asked} failed`,
          answer: ANSWERS.applicationDown,
        },
        {
          name: "errors in the app's log meanwhile",
          status: errors === 0 ? 'pass' : 'fail',
          expected: 'none',
          got: String(errors),
          answer: ANSWERS.highErrorRate,
        },
      ],
    };
  };

  return { checkServing: serving, watchForErrors };
}
