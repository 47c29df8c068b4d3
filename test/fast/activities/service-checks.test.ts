import { expect, test } from 'vitest';
import type { ProjectContainer } from '../../../activities/adapters/docker/containers.ts';
import type { Host } from '../../../activities/host.ts';
import { healthReads } from '../../../activities/survey/health-checks.ts';
import { surveyReads } from '../../../activities/survey/survey.ts';
import { buildSite } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

/** A host whose project has these containers beside those that FDTS consists of. */
function hostWith(...others: readonly ProjectContainer[]): Host {
  const host = {
    config: {
      project: { name: 'fdts', unit: null },
      services: { app: 'app', proxy: 'nginx', backup: 'backup' },
    },
    docker: {
      projectContainers: async () => [
        ...['app', 'backup', 'nginx'].map((service) => projectContainer(service)),
        ...others,
      ],
    },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host this check uses these alone
  return host as unknown as Host;
}

const failed = async (...others: readonly ProjectContainer[]) =>
  (await healthReads(hostWith(...others)).checkServices(run(), {})).checks.filter(
    ({ status }) => status !== 'pass',
  );

test.each([
  ['exited', { state: 'exited', exitCode: 1 }, 'exited (exit code 1)'],
  ['restarting', { state: 'restarting', exitCode: 1 }, 'restarting'],
  ['unhealthy', { health: 'unhealthy' }, 'running, unhealthy'],
  ['stopped by hand', { state: 'exited', restartPolicy: 'unless-stopped' }, 'exited (exit code 0)'],
  ['never started', { state: 'created', restartPolicy: 'no' }, 'created'],
  ['a job that failed', { state: 'exited', exitCode: 1, restartPolicy: 'no' }, 'exited (exit code 1)'],
])('another service of the project that is not up is a failed check: %s', async (_how, more, got) => {
  expect(await failed(projectContainer('redis', more))).toEqual([
    {
      name: 'service redis is up (fdts_redis_1)',
      status: 'fail',
      expected: 'running, not unhealthy',
      got,
      answer: expect.stringContaining('docker start fdts_redis_1'),
    },
  ]);
});

test.each(['no', 'on-failure', 'on-failure:3'])(
  'a job that ended well, which nothing starts again, is in order: policy %s',
  async (restartPolicy) => {
    expect(await failed(projectContainer('migrate', { state: 'exited', restartPolicy }))).toEqual([]);
  },
);

test('each container counts: a second one of a service that is down is not hidden by the first', async () => {
  const second = { id: 'app-2', name: 'fdts_app_2', state: 'exited', exitCode: 137 };
  expect(await failed(projectContainer('redis'), projectContainer('app', second))).toMatchObject([
    { name: 'service app is up (fdts_app_2)', got: 'exited (exit code 137)' },
  ]);
});

test('a window is not refused for another service that is down: its gate tells of it', async () => {
  const containers = [projectContainer('app'), projectContainer('redis', { state: 'exited', exitCode: 1 })];
  const host = surveyHost(buildSite({ rows: 1, files: 1 }), { containers });
  const { checks } = await surveyReads(host).surveyHost(run(), {});
  expect(checks.filter(({ name }) => name.startsWith('service '))).toMatchObject([
    { name: 'service app is up', status: 'pass' },
    { name: 'service nginx is up', status: 'fail' },
    { name: 'service backup is up', status: 'fail' },
    { name: 'service redis is up (fdts_redis_1)', status: 'not proven', got: 'exited (exit code 1)' },
  ]);
});
