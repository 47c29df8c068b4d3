import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { StepState } from '../execution/progress-meter.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';

/** Whether FDTS serves users: these services up, health through the proxy. Waits as long as a start may take. */
export async function checkServing(
  { config, docker, app }: Host,
  services: readonly string[],
  signal: AbortSignal,
  progress: (state: StepState) => void,
): Promise<readonly CheckResult[]> {
  const timeoutMs = config.maintenance.healthTimeout * 1000;
  const wanted = (await docker.projectContainers(config.project.name)).filter(({ service }) =>
    services.includes(service),
  );
  const missing = services.filter((name) => !wanted.some(({ service }) => service === name));
  await docker.waitUntilUp(
    wanted.map(({ id }) => id),
    { timeoutMs, signal, onProgress: progress },
  );
  const health = await app.waitUntilHealthy({
    through: 'proxy',
    timeoutMs,
    signal,
    onProbe: ({ ok, problem }) => progress(ok ? 'healthy' : `not healthy yet: ${problem}`),
  });
  return [
    {
      name: 'every service is up',
      status: missing.length === 0 ? 'pass' : 'fail',
      expected: `running and healthy: ${services.join(', ')}`,
      got:
        missing.length === 0
          ? wanted.map(({ service }) => service).join(', ')
          : `no container of ${missing.join(', ')}`,
      answer: ANSWERS.applicationDown,
    },
    {
      name: 'the app answers through the proxy',
      status: health.ok ? 'pass' : 'fail',
      expected: '2xx',
      got: String(health.status),
      answer: ANSWERS.applicationDown,
    },
  ];
}
