import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ProjectContainer } from '../../../activities/adapters/docker/containers.ts';
import { packageDifferences, planReads, projectFilesOf } from '../../../activities/survey/plan-check.ts';
import { serviceStates } from '../../../activities/survey/survey.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';

const upgrade = (name: string, to: string) => ({ name, from: '1', to, security: false });

test('a package that got a newer version, is gone, or came besides makes another plan', () => {
  const planned = [upgrade('openssl', '2'), upgrade('curl', '8'), upgrade('bash', '5')];
  const now = [upgrade('openssl', '3'), upgrade('bash', '5'), upgrade('zlib', '1')];
  expect(packageDifferences(planned, now)).toEqual([
    'openssl 3 instead of 2',
    'curl 8 is not offered any more',
    'zlib 1 besides',
  ]);
  expect(packageDifferences(planned, planned.toReversed())).toEqual([]);
});

test('a compose file that somebody changes is noticed, looking at it is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-project-'));
  const example = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
  const file = join(folder, 'docker-compose.yml');
  const config = { ...example, project: { ...example.project, folder, composeFiles: [file] } };
  await writeFile(file, 'services: {}\n');
  const before = await projectFilesOf(config);
  expect(await projectFilesOf(config)).toBe(before);
  await writeFile(file, 'services: { app: {} }\n');
  expect(await projectFilesOf(config)).not.toBe(before);
  await rm(folder, { recursive: true });
});

const container: ProjectContainer = {
  id: 'app-1',
  service: 'app',
  name: 'fdts_app_1',
  state: 'running',
  health: null,
  exitCode: 0,
  imageId: 'sha256:old',
  imageName: 'fdts_app:latest',
  restartPolicy: 'always',
  mounts: [],
  publishedPorts: [],
  composeVersion: '2.40.0',
  configHash: 'a',
  networks: [],
  projectFolder: '/opt/fdts',
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: null,
};

test.each([
  ['another image', 'sha256:old', 'sha256:pulled', ['fdts_app:latest names another image']],
  ['nothing any more', 'sha256:old', null, ['fdts_app:latest names another image']],
  ['what the plan told of', 'sha256:built', 'sha256:built', []],
])('while what runs stays, a tag names %s', async (_title, before, now, differences) => {
  const example = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
  const { maintenance } = example;
  const config = {
    ...example,
    maintenance: { ...maintenance, packages: { ...maintenance.packages, upgrade: false } },
  };
  let tagged: string | null = before;
  const image = { tags: [], repoDigests: [], labels: {}, createdAt: '', sizeBytes: 0 };
  const docker = {
    projectContainers: async () => [container],
    inspectImage: async () => (tagged === null ? null : { ...image, id: tagged }),
  };
  const data = { inspectDatabase: () => Promise.reject(new Error('not asked for')) };
  const services = await serviceStates(docker, [container]);
  tagged = now;
  const { comparePlan } = planReads({ config, docker, data });
  const context = {
    stamp: '20260601_020000',
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  const plan = { services, projectFiles: await projectFilesOf(config), upgrades: [] };
  expect(await comparePlan(context, plan)).toEqual({ host: differences, packages: [] });
});
