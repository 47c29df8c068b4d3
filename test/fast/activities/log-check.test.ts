import { expect, test } from 'vitest';
import type { Host } from '../../../activities/host.ts';
import { healthReads } from '../../../activities/survey/health-checks.ts';
import { run } from './support/small-host.ts';

/** A host whose app has logged these lines; null: it has no container. */
function hostWith(lines: readonly string[] | null): Host {
  const host = {
    config: { project: { name: 'fdts' }, services: { app: 'app' }, thresholds: { errorsIn24h: 0 } },
    docker: {
      projectContainers: async () => (lines === null ? [] : [{ id: 'app', service: 'app' }]),
      async *logsSince() {
        yield* lines ?? [];
      },
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host this check uses these alone
  return host as unknown as Host;
}

test('an app without a container has no log that is in order: the check fails, and names what answers it', async () => {
  const { checks, lines } = await healthReads(hostWith(null)).checkLogs(run(), { hours: 24 });
  expect(lines).toEqual([]);
  expect(checks).toEqual([
    {
      name: "errors in the app's log of the last 24 hours",
      status: 'fail',
      expected: 'at most 0',
      got: 'the app has no container, and so no log',
      answer: 'fdts-ops start applicationDown',
    },
  ]);
});

test('errors are counted where there is a log', async () => {
  const said = ['{"level":"info","msg":"0 errors"}', '{"level":"error","msg":"no disk"}'];
  const { checks } = await healthReads(hostWith(said)).checkLogs(run(), { hours: 24 });
  expect(checks).toMatchObject([
    { status: 'fail', got: '1 of 2 lines', answer: 'fdts-ops start highErrorRate' },
  ]);
  expect((await healthReads(hostWith([])).checkLogs(run(), { hours: 24 })).checks).toMatchObject([
    { status: 'pass' },
  ]);
});
