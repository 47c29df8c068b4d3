import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { ensureComposeV2 } from '../../setup/compose-v2.ts';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { setRehearsal } from '../../setup/set-rehearsal.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { busyUsers } from '../support/window/busy-users.ts';
import { servedVersion } from '../support/window/host-state.ts';
import { backUp, startApprovedRestore, startProcedure } from '../support/window/restore-run.ts';
import { startApprovedWindow, startWindow } from '../support/window/window-run.ts';

const V1 = '/usr/bin/docker-compose';
const PLUGIN = '/usr/libexec/docker/cli-plugins/docker-compose';

let env: TestEnvironment;
const sh = async (script: string) => (await env.host.exec(['bash', '-c', script])).stdout.trim();
const byService =
  'docker ps --filter label=com.docker.compose.project=fdts --format \'{{.Names}} {{.Label "com.docker.compose.version"}}\' | sort';

const images =
  "docker ps -aq --filter label=com.docker.compose.project=fdts | xargs docker inspect --format '{{.Name}} {{.Image}}' | sort";

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
  await sh(`mkdir -p ${dirname(PLUGIN)}`);
  await env.host.writeFile(PLUGIN, await readFile(await ensureComposeV2()));
  await sh(`chmod 755 ${PLUGIN} && mv ${V1} ${V1}.v1 && ln -s ${PLUGIN} ${V1}`);
}, 900_000);
afterAll(async () => {
  await sh(`rm -f ${PLUGIN} ${V1} && mv ${V1}.v1 ${V1}`);
  await env.host.resetFdts();
}, 180_000);
beforeEach(() => env.host.resetFdts(), 180_000);

test('a project that compose v2 made: a window rehearses, brings the new version, and the containers stay those of v2', {
  timeout: 600_000,
}, async () => {
  const { host, client } = env;
  expect(await sh(byService)).toMatch(/^fdts-app-1 v?2\./);
  await setRehearsal(host, true);
  onTestFinished(() => setRehearsal(host, false));
  await releaseVersion(host, { version: '1.1.0' });
  const users = await busyUsers(host);
  const run = await startWindow(client);
  await run.reaches('approve-plan', ['waiting'], 300_000);
  await run.approve();
  expect(await run.ended()).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.1.0');
  expect((await sh(byService)).split('\n').map((line) => line.replace(/ v?2\..*/, ' 2'))).toEqual([
    'fdts-app-1 2',
    'fdts-backup-1 2',
    'fdts-nginx-1 2',
  ]);
  await users.expectNothingLost();
});

test('a version that never becomes healthy goes back to the very images', { timeout: 300_000 }, async () => {
  const { host, client } = env;
  const before = await sh(images);
  await releaseVersion(host, { version: '1.1.0', broken: 'never-healthy' });
  const users = await busyUsers(host);
  const end = await startApprovedWindow(client).then((run) => run.ended());
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
  expect(await servedVersion(host)).toBe('1.0.0');
  expect(await sh(images)).toEqual(before);
  await users.expectNothingLost();
});

test('a backup is made and restored, and a stack that is down is made anew', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  const data = await dataFingerprint(host);
  const archive = await backUp(client);
  const restored = await startApprovedRestore(client, archive).then((run) => run.ended());
  expect(restored).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(changedData(data, await dataFingerprint(host))).toEqual([]);

  await sh('docker rm --force fdts-app-1 fdts-nginx-1');
  const down = await startProcedure(client, 'applicationDown').then((run) => run.ended());
  expect(down).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await servedVersion(host)).toBe('1.0.0');
});
