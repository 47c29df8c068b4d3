import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ComposeProject } from '../../../activities/adapters/compose/compose.ts';
import type { ProjectContainer } from '../../../activities/adapters/docker/containers.ts';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { cleanUpReads, dockerCleanUpMutations } from '../../../activities/upkeep/docker-clean-up.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';

const config = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
const volume = { kind: 'volume', id: 'f'.repeat(64), name: 'ffffffffffff', bytes: null } as const;

const container = (service: string, state = 'running', more: Partial<ProjectContainer> = {}) =>
  projectContainer(service, { state, ...more });
const allUp = [container('app'), container('nginx'), container('backup')];

/** Ended well, and nothing starts it again. */
const migrated = container('migrate', 'exited', { exitCode: 0, restartPolicy: 'no' });

const image = {
  id: 'sha256:unused',
  pulledFrom: [],
  labels: {},
  createdAt: '2020-01-01T00:00:00.000Z',
  bytes: 10,
};
const model = JSON.stringify({ services: { app: { image: 'x' } } });
const composeSays: unknown = ['sh', '-c', 'printf %s "$0"', model];
const project = async () => ({
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- stands in for compose
  tool: { argv: composeSays as ComposeProject['tool']['argv'], version: '2.40.0' },
  name: 'fdts',
  folder: '/',
  files: [],
});

const diskUsage = async () => ({
  imagesBytes: 0,
  reclaimableImagesBytes: 0,
  containersBytes: 0,
  volumesBytes: 0,
  buildCacheBytes: 5,
});

const inventory = async () => ({ containers: [], danglingImages: [image], volumes: [], networks: [] });

/** What a clean-up of a host with these containers of the project would remove. */
function plan(containers: readonly ProjectContainer[]) {
  const projectContainers = async () => containers;
  const docker = { ...connectDocker('/nowhere'), projectContainers, inventory, diskUsage };
  return cleanUpReads({ config, docker, project }).planDockerCleanUp(run(), {});
}

/** Cleans up on a host with these containers of the project; tells what was removed. */
async function cleanUp(containers: readonly ProjectContainer[], dryRun = false) {
  const removed: string[] = [];
  const docker = {
    ...connectDocker('/nowhere'),
    projectContainers: async () => containers,
    diskUsage,
    removeUnused: async (kind: string, id: string) => removed.push(`${kind} ${id}`) > 0,
    pruneBuildCache: async () => removed.push('build cache'),
  };
  const effects = new Effects(dryRun);
  const { cleanUpDocker } = dockerCleanUpMutations({ config, docker, project });
  const problem = await cleanUpDocker({ ...run(), effects }, { things: [volume] }).then(
    () => null,
    (error: unknown) => error,
  );
  return { removed, problem, commands: effects.commands };
}

const down: readonly [string, readonly ProjectContainer[], string][] = [
  ['the app does not run', [container('app', 'exited'), container('nginx'), container('backup')], 'app'],
  ['the proxy has no container', [container('app'), container('backup')], 'nginx'],
  ['another service of the project was stopped', [...allUp, container('cache', 'exited')], 'cache'],
  [
    'a service failed that nothing starts again',
    [...allUp, container('migrate', 'exited', { exitCode: 1, restartPolicy: 'no' })],
    'migrate',
  ],
];

test.each(down)(
  'while %s nothing is removed, and it says which service is down',
  async (_why, containers, service) => {
    for (const dryRun of [false, true]) {
      const { removed, problem } = await cleanUp(containers, dryRun);
      expect(removed).toEqual([]);
      expect(problem).toMatchObject({
        code: 'SERVICE_DOWN',
        retryable: false,
        message: expect.stringContaining(`not running: ${service}; what belongs to it would look unused`),
      });
    }
  },
);

test.each(down)(
  'while %s the plan is to leave Docker alone, and names the service',
  async (_why, containers, service) => {
    const nothing = { plain: [], doubtful: [], spared: [], buildCacheBytes: 0 };
    expect(await plan(containers)).toEqual({ ...nothing, down: [service] });
  },
);

test('a service that has done its work is not down: what nothing uses is planned, and goes', async () => {
  const containers = [...allUp, migrated];
  const { plain, down: none, buildCacheBytes } = await plan(containers);
  expect({ ids: plain.map(({ id }) => id), none, buildCacheBytes }).toEqual({
    ids: [image.id],
    none: [],
    buildCacheBytes: 5,
  });
  const things = [`volume ${volume.id}`, 'build cache'];
  expect(await cleanUp(containers)).toMatchObject({ problem: null, removed: things });
});

test('with every service up exactly what is listed goes, by its id; a dry run lists it', async () => {
  const things = [`volume ${volume.id}`, 'build cache'];
  expect(await cleanUp(allUp)).toMatchObject({ problem: null, removed: things });
  expect(await cleanUp(allUp, true)).toEqual({
    problem: null,
    removed: [],
    commands: [`docker volume rm ${volume.id}`, 'docker builder prune --force'],
  });
});
