import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { holdStack } from '../../../activities/adapters/compose/hold-stack.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { serviceStop } from '../../../activities/stack/service-stop.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { projectContainer } from './support/project-container.ts';

const config = await loadHostConfig(join(import.meta.dirname, '../../../config/host.example.yml'));
let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fdts-ops-stop-'));
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** A compose that writes down how it was called, and ends with this exit code. */
function compose(exitCode: number): { readonly calls: () => string } {
  const log = join(folder, 'compose.log');
  writeFileSync(
    join(folder, 'docker-compose'),
    `#!/bin/sh\nfor word; do [ "$word" = stop ] && found=1; [ -n "$found" ] && printf '%s ' "$word"; done >>${log}\nexit ${exitCode}\n`,
  );
  chmodSync(join(folder, 'docker-compose'), 0o755);
  return { calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim() : '') };
}

const container = (service: string, state = 'running') =>
  projectContainer(service, { state, restartPolicy: 'no' });

/** Stops what is asked on a host where only these services were settled when it was held down. */
async function stop(services: readonly string[], settled: readonly string[]) {
  const stopped: string[] = [];
  const docker = {
    projectContainers: async () => [container('app'), container('backup'), container('nginx', 'exited')],
    stopContainer: async (id: string) => void stopped.push(id),
  };
  const holdFile = join(folder, 'hold-stack');
  await holdStack(
    'run 1',
    settled.map((service) => ({ service, container: `${service}-1`, networks: [] })),
    holdFile,
  );
  const project = async () => ({
    tool: { argv: ['docker-compose'] as const, version: '1.29.2' },
    name: 'fdts',
    folder,
    files: ['docker-compose.yml'],
  });
  const effects = new Effects(false);
  const signal = new AbortController().signal;
  await serviceStop({ config, docker, project }, holdFile).stopTogether(
    { effects, stamp: '20260601_020000', step: 's', round: 0, signal, progress: () => undefined },
    services,
  );
  return { stopped, commands: effects.commands };
}

test('what was settled stops by the engine, and what does not run is left alone', async () => {
  const { calls } = compose(0);
  expect((await stop(['app', 'backup', 'nginx'], ['app', 'backup', 'nginx'])).stopped).toEqual([
    'app-1',
    'backup-1',
  ]);
  expect(calls()).toBe('');
});

test('what compose has more to do about, as hooks before the stop, stops by compose', async () => {
  const { calls } = compose(0);
  const { stopped } = await stop(['app', 'backup'], ['backup']);
  expect(calls()).toBe(`stop --timeout ${config.maintenance.stopTimeout} app`);
  expect(stopped).toEqual(['backup-1']);
});

test('a compose that fails leaves nothing running', async () => {
  const { calls } = compose(1);
  const { stopped, commands } = await stop(['app'], []);
  expect(calls()).toContain('stop');
  expect(stopped).toEqual(['app-1']);
  expect(commands.at(-1)).toBe(`docker stop --time ${config.maintenance.stopTimeout} fdts_app_1`);
});
