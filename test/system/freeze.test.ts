import { afterAll, beforeAll, expect, test } from 'vitest';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { configureHost, HOST_CONFIG } from '../support/window/configure-host.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { startProcedure } from '../support/window/restore-run.ts';

const DAY = 24 * 3600 * 1000;
const day = (offset: number) => new Date(Date.now() + offset * DAY).toISOString().slice(0, 10);
let env: TestEnvironment;
let usual: string;

beforeAll(async () => {
  env = await environment();
  const { host } = env;
  await host.resetFdts();
  usual = await host.readFile(HOST_CONFIG);
  const freeze = { name: 'sale', reason: 'high season', from: day(-2), until: day(2) };
  await configureHost(host, `${usual}freezes: [${JSON.stringify(freeze)}]\n`);
}, 240_000);
afterAll(async () => {
  await configureHost(env.host, usual);
  await expectHostFree(env.host);
}, 60_000);

test('in a freeze of the configuration what changes the host is refused, until when it says; nothing is touched', {
  timeout: 120_000,
}, async () => {
  const { host, client } = env;
  const before = await containersAndImages(host);
  for (const procedure of ['plannedMaintenance', 'weeklyMaintenance', 'highMemory']) {
    const run = await startProcedure(client, procedure);
    const { status, outcome, because } = await run.ended();
    expect([procedure, status, outcome]).toEqual([procedure, 'FAILED', 'refused']);
    expect(because).toMatch(/the freeze "sale" is on \(high season\).*overrideFreeze/);
    expect(because).toContain(`${day(2)}T`);
  }
  expect(await containersAndImages(host)).toEqual(before);
});

test('a reason overrides it, and stands at the gate and in the report; what mends is exempt', {
  timeout: 120_000,
}, async () => {
  const { client } = env;
  const overrideFreeze = 'a hole that is exploited';
  const run = await startProcedure(client, 'plannedMaintenance', { overrideFreeze });
  await run.reaches('approve-plan', ['waiting'], 90_000);
  await run.abort('not now');
  const { outcome, report } = await run.ended();
  expect(outcome).toBe('rejected');
  expect(report?.sections[0]).toMatchObject({
    title: 'Freeze',
    lines: [
      expect.stringMatching(/^"sale" is on until \S+: high season$/),
      `overridden, because: ${overrideFreeze}`,
    ],
  });
  const mending = await startProcedure(client, 'applicationDown');
  const end = await mending.ended();
  expect(end.status).toBe('COMPLETED');
  expect(end.report?.sections[0]?.lines).toContainEqual(
    expect.stringMatching(/^this procedure is exempt: an emergency/),
  );
});
