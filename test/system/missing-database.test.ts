import { afterEach, beforeEach, expect, test } from 'vitest';
import { changedData, dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containerOf } from '../support/window/damage.ts';
import { expectHostFree } from '../support/window/host-state.ts';
import { linesOf } from '../support/window/read-report.ts';
import { backUp, startProcedure } from '../support/window/restore-run.ts';

const DATABASE = '/opt/fdts/data/database.sqlite';

let env: TestEnvironment;

beforeEach(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

test('a database file that is gone is not taken for an empty one: it comes back from the newest backup', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  const before = await dataFingerprint(host);
  const archive = await backUp(client);
  await host.exec(['docker', 'stop', await containerOf(host, 'app')]);
  await host.exec(['sh', '-c', `mkdir /root/gone && mv ${DATABASE}* /root/gone/`]);

  const run = await startProcedure(client, 'databaseCorruption', { watchSeconds: 2 });
  await run.reaches('approve-restore', ['waiting'], 120_000);
  const there = await host.exec(['test', '-e', DATABASE], { check: false });
  expect(there.exitCode, 'no look has made one').not.toBe(0);
  await run.approve();
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(linesOf(end, 'Database')).toMatch(/^integrity of the database: fail, \S/m);
  expect(JSON.stringify(end.report?.sections)).toContain(archive);
  expect(changedData(before, await dataFingerprint(host))).toEqual([]);
  await host.exec(['rm', '-r', '/root/gone']);
});

test('a backup is named by its time in UTC, whatever zone the host is in', { timeout: 120_000 }, async () => {
  const { host, client } = env;
  const { stdout: zone } = await host.exec(['date', '+%z']);
  expect(zone, 'the host is elsewhere').not.toBe('+0000');
  const began = Date.now();
  const [, ...parts] = /_(....)(..)(..)_(..)(..)(..)\.tar\.gz$/.exec(await backUp(client)) ?? [];
  const [year, month, day, hour, minute, second] = parts;
  const named = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  expect(named).toBeGreaterThanOrEqual(began - 2000);
  expect(named).toBeLessThanOrEqual(Date.now());
});
