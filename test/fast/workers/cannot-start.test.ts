import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { smallestHost, writeConfigFile } from '../config/write-config-file.ts';

const root = path.resolve(import.meta.dirname, '../../..');
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
});
afterAll(() => world.end());

it('a worker that cannot start says why and ends, so that systemd starts it again', async () => {
  const config = await writeConfigFile('');
  // Not in /tmp: a journal there would not survive a reboot, and is refused.
  const folder = path.join(root, 'test-output', `state-${process.pid}`);
  await mkdir(folder, { recursive: true });
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(path.join(folder, 'journal.sqlite'), 'no database at all, and long enough to be looked at');
  await writeFile(config, `${smallestHost}\nstate: {folder: ${folder}}\n`);
  const role = ['worker', '--role', 'host', '--config', config];
  const worker = await execa(process.execPath, ['--import', 'tsx', 'bin/fdts-ops.ts', ...role], {
    cwd: root,
    env: world.environment,
    reject: false,
    timeout: 25_000,
  });
  expect(worker.timedOut).toBe(false);
  expect(worker.exitCode).toBeGreaterThan(0);
  expect(worker.stderr).toContain('not a database');
});
