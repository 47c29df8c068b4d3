import { expect, test } from 'vitest';
import type { Host } from '../../../activities/host.ts';
import { healthReads } from '../../../activities/survey/health-checks.ts';
import { run } from './support/small-host.ts';

const HOUR = 3_600_000;

/** A host whose app has logged these lines; null: it has no container. Made that many hours ago. */
function hostWith(lines: readonly string[] | null, hours = 48): Host {
  const createdAt = new Date(Date.now() - hours * HOUR).toISOString();
  const host = {
    config: { project: { name: 'fdts' }, services: { app: 'app' }, thresholds: { errorsIn24h: 0 } },
    docker: {
      projectContainers: async () => (lines === null ? [] : [{ id: 'app', service: 'app', createdAt }]),
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

test('a container that was made anew has no log of before: the check says since when errors are counted', async () => {
  const host = hostWith(['{"level":"info","msg":"started"}'], 1);
  const [{ createdAt } = { createdAt: '' }] = await host.docker.projectContainers('fdts');
  const got = `0 of 1 lines since ${createdAt}, when the container was made: its log of before is gone`;
  const reads = healthReads(host);
  expect((await reads.checkLogs(run(), { hours: 24 })).checks).toMatchObject([{ status: 'pass', got }]);
  const recent = { since: new Date(Date.now() - HOUR / 2).toISOString(), says: 'users were let in' };
  expect((await reads.checkLogsSince(run(), recent)).checks).toMatchObject([{ got: '0 of 1 lines' }]);
  const failing = hostWith(['{"level":"error","msg":"no disk"}'], 1);
  expect((await healthReads(failing).checkLogs(run(), { hours: 24 })).checks).toMatchObject([
    { status: 'fail', got: expect.stringContaining('1 of 1 lines since ') },
  ]);
});
