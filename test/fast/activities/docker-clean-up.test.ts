import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ProjectContainer } from '../../../activities/adapters/docker/containers.ts';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { dockerCleanUpMutations } from '../../../activities/upkeep/docker-clean-up.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';

const config = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
const volume = { kind: 'volume', id: 'f'.repeat(64), name: 'ffffffffffff', bytes: null } as const;

const container = (service: string, state = 'running') => projectContainer(service, { state });
const allUp = [container('app'), container('nginx'), container('backup')];

const project = () => Promise.reject(new Error('compose is not needed'));

/** Cleans up on a host with these containers of the project; tells what was removed. */
async function cleanUp(containers: readonly ProjectContainer[], dryRun = false) {
  const removed: string[] = [];
  const docker = {
    ...connectDocker('/nowhere'),
    projectContainers: async () => containers,
    diskUsage: async () => ({
      imagesBytes: 0,
      reclaimableImagesBytes: 0,
      containersBytes: 0,
      volumesBytes: 0,
      buildCacheBytes: 0,
    }),
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

test.each([
  ['the app does not run', [container('app', 'exited'), container('nginx'), container('backup')], 'app'],
  ['the proxy has no container', [container('app'), container('backup')], 'nginx'],
  ['another service of the project does not run', [...allUp, container('cache', 'exited')], 'cache'],
])('while %s nothing is removed, and it says which service is down', async (_why, containers, down) => {
  for (const dryRun of [false, true]) {
    const { removed, problem } = await cleanUp(containers, dryRun);
    expect(removed).toEqual([]);
    expect(problem).toMatchObject({
      code: 'SERVICE_DOWN',
      retryable: false,
      message: expect.stringContaining(`not running: ${down}; what belongs to it would look unused`),
    });
  }
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
