import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ProjectContainer } from '../../../activities/adapters/docker/containers.ts';
import { measureUsersServed } from '../../../activities/diagnosis/users-served.ts';
import type { Host } from '../../../activities/host.ts';
import { appDownReads } from '../../../activities/stack/app-down-survey.ts';
import { restartReads } from '../../../activities/stack/service-restart.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';

const example = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
const signal = new AbortController().signal;

interface MadeUp {
  /** Whether the health address answers, at the app's own port and as users come in. */
  readonly own?: boolean;
  readonly users?: boolean;
  /** Requests of users: how many seconds ago, and with what status. */
  readonly requests?: readonly (readonly [secondsAgo: number, status: number])[];
  readonly proxy?: string | null;
  /** Containers of the project beside those of FDTS. */
  readonly others?: readonly ProjectContainer[];
}

const line = ([secondsAgo, status]: readonly [number, number]) =>
  `10.0.0.1 - - [${logTime(Date.now() - secondsAgo * 1000)}] "GET /api/files HTTP/1.1" ${status} 5 "-" "Mozilla/5.0"`;
const container = (service: string) => projectContainer(service, { id: service, startedAt: 'T' });

function hostWith({ own = true, users = true, requests = [], proxy = 'nginx', others = [] }: MadeUp): Host {
  const services = ['app', ...(proxy === null ? [] : [proxy])];
  const made = {
    config: {
      ...example,
      project: { ...example.project, unit: null },
      services: { app: 'app', proxy, backup: null },
    },
    docker: {
      projectContainers: async () => [...services.map(container), ...others],
      inspectImage: async () => null,
      // As the engine does, it gives what was written since then.
      async *logsSince(_id: string, since: string) {
        for (const request of requests)
          if (Date.now() - request[0] * 1000 >= Date.parse(since)) yield line(request);
      },
    },
    app: {
      checkHealth: async ({ through = 'app' }: { through?: 'app' | 'proxy' } = {}) => {
        const ok = through === 'app' ? own : users;
        return {
          ok,
          status: ok ? 200 : 502,
          problem: ok ? null : 'answered 502',
          milliseconds: 3,
          version: null,
        };
      },
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host these looks use these alone
  return made as unknown as Host;
}

function logTime(at: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}

const requestsFrom = (secondsAgo: number, count: number, status: number) =>
  Array.from({ length: count }, () => [secondsAgo, status] as const);

it('an outage of minutes that is over does not make an app that is down now', async () => {
  const host = hostWith({ requests: [...requestsFrom(200, 90, 502), ...requestsFrom(20, 10, 200)] });
  const { surveyRestart } = restartReads(host);
  const { users } = await surveyRestart(run(), { service: 'app' });
  expect(users).toMatchObject({ down: false, failedPercent: 0 });
  expect(users.told).toBe(
    '0 of 5 probes through the proxy failed; 0 of 10 requests of users in 60 s failed (0.0 %)',
  );
});

it('it is down when most requests of the last minute failed, or most probes do', async () => {
  const failing = hostWith({ requests: [...requestsFrom(20, 6, 500), ...requestsFrom(20, 4, 200)] });
  expect(await measureUsersServed(failing, signal)).toMatchObject({ down: true, failedPercent: 60 });
  expect(await measureUsersServed(hostWith({ users: false }), signal)).toMatchObject({ down: true });
});

it.each([
  ['one that answers by itself serves, whatever stands before it', { own: true, users: false }, false],
  ['so does one that only users reach', { own: false, users: true }, false],
  ['one that nobody reaches is down', { own: false, users: false }, true],
])('without a proxy of its own: %s', async (_, health, down) => {
  const { down: isDown, told } = await measureUsersServed(hostWith({ ...health, proxy: null }), signal);
  expect(isDown).toBe(down);
  expect(told).toContain(`${down ? 5 : 0} of 5 probes failed`);
});

const survey = async (made: MadeUp) => {
  const { isServing, beside } = await appDownReads(hostWith(made)).surveyAppDown(run(), {});
  return { isServing, wrong: beside.filter(({ status }) => status !== 'pass') };
};

it("the app's own port that fails while the proxy serves users is said, and no reason to restart anything", async () => {
  const { isServing, wrong } = await survey({ own: false });
  expect(isServing).toBe(true);
  expect(wrong).toEqual([
    expect.objectContaining({
      name: 'the app answers',
      status: 'fail',
      answer: expect.stringContaining('checks.healthUrl'),
    }),
  ]);
});

it('another service that is down while users are served is told, and is no bad end of the look', async () => {
  const redis = projectContainer('redis', { state: 'exited', exitCode: 1 });
  expect((await survey({ others: [redis] })).wrong).toMatchObject([
    { name: 'service redis is up (fdts_redis_1)', status: 'not proven', got: 'exited (exit code 1)' },
  ]);
});

it('what is waited for after a restart ran before or must run; a job that ended well is never waited for', async () => {
  const exited = { state: 'exited', exitCode: 1 };
  const others = [
    projectContainer('migrate', { state: 'exited', restartPolicy: 'no' }),
    projectContainer('queue'),
    projectContainer('redis', exited),
  ];
  const made = hostWith({ others });
  const { services, lasting } = await appDownReads(made).surveyAppDown(run(), {});
  expect(services).toEqual(['app', 'nginx', 'queue']);
  expect(lasting).toEqual(['app', 'nginx', 'queue', 'redis']);
});

it('a proxy that does not answer is a reason, whatever the app says', async () => {
  expect((await survey({ users: false })).isServing).toBe(false);
});

it('without a proxy of its own an app that answers is up, and what stands before it is said', async () => {
  expect(await survey({ users: false, proxy: null })).toEqual({
    isServing: true,
    wrong: [expect.objectContaining({ answer: expect.stringContaining('services.proxy is null') })],
  });
  expect((await survey({ own: false, proxy: null })).isServing).toBe(true);
  expect((await survey({ own: false, users: false, proxy: null })).isServing).toBe(false);
});

it('an app that answers its health address and fails users is left to the procedure that asks first', async () => {
  const { isServing, wrong } = await survey({ requests: requestsFrom(20, 10, 500) });
  expect(isServing).toBe(true);
  expect(wrong).toEqual([
    expect.objectContaining({
      name: 'requests of users in the last 60 s',
      answer: 'fdts-ops start highErrorRate',
    }),
  ]);
});
