import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { holdStack } from '../../../activities/adapters/compose/hold-stack.ts';
import { servicesWithStartWork } from '../../../activities/adapters/compose/services-with-start-work.ts';
import type { ProjectContainer } from '../../../activities/adapters/docker/containers.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { serviceStart } from '../../../activities/stack/service-start.ts';
import { settledOf } from '../../../activities/stack/settled-services.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';

const example = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fdts-ops-start-'));
  // A compose that writes down how it was called: what it does is done by the engine below.
  writeFileSync(join(folder, 'docker-compose'), `#!/bin/sh\necho "$*" >>${join(folder, 'compose.log')}\n`);
  chmodSync(join(folder, 'docker-compose'), 0o755);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** How compose was called, without what names the project. */
const composeCalls = (): string[] => {
  const log = join(folder, 'compose.log');
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
  return lines.map((line) => line.slice(line.indexOf('up ')));
};

/** An engine with three services that were stopped; compose makes the containers of `moved` anew, `anew` says how. */
class Engine {
  moved: readonly string[] = [];
  refuses = false;
  anew: Partial<ProjectContainer> = {};
  readonly does: string[] = [];

  readonly docker = {
    projectContainers: async () => ['app', 'backup', 'nginx'].map((service) => this.#container(service)),
    inspectImage: async (name: string) => ({ ...image, id: this.#isMoved(name) ? 'new' : 'old' }),
    setRestartPolicy: async (id: string, policy: string) => void this.does.push(`${id} restart=${policy}`),
    startContainer: async (id: string) => {
      if (this.refuses) throw refused;
      this.does.push(`${id} started`);
    },
    waitUntilUp: async () => [],
  };

  #isMoved(name: string): boolean {
    return this.moved.some((service) => name === `fdts_${service}`);
  }

  #isAnew(service: string): boolean {
    const made = composeCalls().some((call) => call.includes('--no-start') && call.includes(service));
    return made && this.moved.includes(service);
  }

  #container(service: string): ProjectContainer {
    const anew = this.#isAnew(service);
    const id = anew ? `${service}-2` : `${service}-1`;
    const policySet = this.does.includes(`${id} restart=no`) || !anew;
    return {
      id,
      service,
      name: `fdts_${service}_1`,
      state: 'exited',
      health: null,
      exitCode: 0,
      imageId: anew ? 'new' : 'old',
      imageName: `fdts_${service}`,
      restartPolicy: policySet ? 'no' : 'always',
      mounts: [],
      publishedPorts: [],
      composeVersion: '1.29.2',
      configHash: `hash of ${id}`,
      networks: ['fdts_default'],
      projectFolder: '/opt/fdts',
      createdAt: '2026-01-01T00:00:00.000Z',
      startedAt: null,
      ...(anew ? this.anew : {}),
    };
  }
}

const image = { id: '', tags: [], repoDigests: [], labels: {}, createdAt: '', sizeBytes: 0 };
const refused = new OperationError({
  code: 'ENGINE_REFUSED',
  operation: 'startContainer',
  target: 'x',
  cause: 'no such network',
  hint: '',
  retryable: false,
});

async function site(engine: Engine, held: 'held' | 'free' = 'held') {
  const holdFile = join(folder, 'hold-stack');
  const containers = await engine.docker.projectContainers();
  const hashes = new Map(containers.map(({ service, configHash }) => [service, configHash ?? '']));
  if (held === 'held') await holdStack('run 1', settledOf(containers, hashes), holdFile);
  const project = {
    tool: { argv: ['docker-compose'] as const, version: '1.29.2' },
    name: 'fdts',
    folder,
    files: ['docker-compose.yml'],
  };
  const app = {
    waitUntilHealthy: async () => ({ ok: true, status: 200, version: null, problem: null, milliseconds: 1 }),
  };
  const host = { config: example, docker: engine.docker, app, project: async () => project };
  const effects = new Effects(false);
  const signal = new AbortController().signal;
  const context = {
    effects,
    stamp: '20260601_020000',
    step: 's',
    round: 0,
    signal,
    progress: () => undefined,
  };
  return { ...serviceStart(host, holdFile), context, effects };
}

test('what compose has nothing to decide about is started by the engine alone', async () => {
  const engine = new Engine();
  const { startService, context, effects } = await site(engine);
  await startService(context, 'nginx');
  expect(engine.does).toEqual(['nginx-1 started']);
  expect(composeCalls()).toEqual([]);
  expect(effects.commands).toEqual(['docker start fdts_nginx_1']);
});

test('services with a new image are made in one call of compose, kept from restarting, then started one by one', async () => {
  const engine = new Engine();
  const { startService, makeContainers, context } = await site(engine);
  engine.moved = ['app', 'nginx'];
  await makeContainers(context, ['app', 'nginx', 'backup']);
  expect(engine.does).toEqual(['app-2 restart=no', 'nginx-2 restart=no']);
  for (const service of ['app', 'nginx', 'backup']) await startService(context, service);
  expect(engine.does.slice(2)).toEqual(['app-2 started', 'nginx-2 started', 'backup-1 started']);
  expect(composeCalls()).toEqual(['up --no-start --no-build --no-deps app nginx']);
});

test('a container that compose has not attached to all of its networks is started by compose', async () => {
  const engine = new Engine();
  const { startService, context } = await site(engine);
  engine.moved = ['app'];
  engine.anew = { networks: [] };
  await startService(context, 'app');
  expect(engine.does).toEqual(['app-2 restart=no']);
  expect(composeCalls()).toEqual([
    'up --no-start --no-build --no-deps app',
    'up --detach --no-build --no-deps app',
  ]);
});

test('compose mends what the engine refuses to start', async () => {
  const engine = new Engine();
  const { startService, context, effects } = await site(engine);
  engine.refuses = true;
  await startService(context, 'nginx');
  expect(composeCalls()).toEqual(['up --detach --no-build --no-deps nginx']);
  expect(effects.commands).toHaveLength(2);
});

test('while nothing is held compose decides', async () => {
  const engine = new Engine();
  const { startService, context } = await site(engine, 'free');
  await startService(context, 'nginx');
  expect(engine.does).toEqual([]);
  expect(composeCalls()).toEqual(['up --detach --no-build --no-deps nginx']);
});

test('a service counts as settled only with the hash that compose gives it now, and one container', async () => {
  const containers = await new Engine().docker.projectContainers();
  const [app] = containers;
  if (app === undefined) throw new Error('the engine has an app');
  const hashes = new Map([
    ['app', 'hash of app-1'],
    ['nginx', 'hash of another file'],
  ]);
  expect(settledOf(containers, hashes)).toEqual([
    { service: 'app', container: 'app-1', networks: ['fdts_default'] },
  ]);
  expect(settledOf([app, { ...app, id: 'app-2' }], hashes)).toEqual([]);
});

test('compose starts what has hooks, or secrets and configs that it writes into the container', () => {
  const left = servicesWithStartWork(`
services:
  plain: { secrets: [{ source: of_file, target: /run/x }] }
  secret: { secrets: [{ source: of_environment }] }
  config: { configs: [of_content] }
  unknown: { configs: [{ source: nowhere }] }
  after: { post_start: [{ command: warm-up }] }
  before: { pre_stop: [{ command: flush }] }
secrets:
  of_file: { file: ./x }
  of_environment: { environment: X }
configs:
  of_content: { content: x }
`);
  expect([...(left ?? [])]).toEqual(['secret', 'config', 'unknown', 'after', 'before']);
  expect(servicesWithStartWork('services: [')).toBeNull();
});
