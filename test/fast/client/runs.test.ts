import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineServer } from '../../../client/doctor/examine-server.ts';
import { processTerminal } from '../../../client/terminal.ts';
import { progressQuery } from '../../../workflows/messages.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { cli, liveCli } from './cli.ts';

let world: TemporalWorld;
const run = (...args: string[]) => cli(world.environment, ...args);

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers();
});
afterAll(() => world.end());

async function untilGate(id: string): Promise<string> {
  const gate = () => world.env.client.workflow.getHandle(id).query(progressQuery);
  await expect.poll(async () => (await gate()).gate?.step, { timeout: 20_000 }).toBe('approve-plan');
  return (await gate()).gate?.planCode ?? '';
}

describe('a run without a gate', () => {
  it('is started with nothing but its name, watched to its end, and reported', async () => {
    const started = await run('start', 'dailyHealthCheck', '--json');
    expect(started.code).toBe(0);
    expect(started.json).toMatchObject({
      workflowId: expect.stringMatching(/^dailyHealthCheck-any-\d{8}T\d{9}Z$/),
      runId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ui: expect.stringContaining('http://ui.example/namespaces/default/workflows/dailyHealthCheck-any-'),
    });
    const { workflowId, runId }: { workflowId: string; runId: string } = JSON.parse(started.out);

    const watched = await run('watch', workflowId);
    expect(watched).toMatchObject({ code: 0, err: '' });
    expect(watched.out).toContain('✔ Check the disk space');
    expect(watched.out).toContain('completed: everything was done and verified');

    const report = await run('report', runId);
    expect(report.code).toBe(0);
    expect(report.out).toMatch(/^# Daily health check on web-1: completed\n/);
    expect(report.out).toContain('3 × made-up message');
    expect((await run('report', workflowId, '--json')).json).toMatchObject({
      outcome: 'completed',
      host: 'web-1',
    });
  });

  it('gives one JSON document with --watch --json, the checklist on standard error', async () => {
    const watched = await run('start', 'dailyHealthCheck', '--host', 'web-1', '--watch', '--json');
    expect(watched.json).toMatchObject({ outcome: 'completed', status: 'COMPLETED', exitCode: 0 });
    expect(watched.err).toContain('Daily health check on web-1');
    expect(watched.code).toBe(0);
  });
});

it('a list that is cut says so, and how to see the rest', async () => {
  for (const id of ['one', 'two']) expect((await run('start', 'dailyHealthCheck', '--id', id)).code).toBe(0);
  await expect
    .poll(async () => (await run('runs', '--limit', '1')).out, { timeout: 10_000 })
    .toContain('Older ones are left out: fdts-ops runs --limit 10');
  expect((await run('runs', '--limit', '1', '--json')).json).toMatchObject({ more: true });
  expect((await run('runs', '--limit', '50')).out).not.toContain('left out');
});

describe('a gate', () => {
  it('is shown with its plan, goes on when it is approved, and the run is listed with its outcome', async () => {
    await run('start', 'plannedMaintenance', '--id', 'approved');
    const watching = liveCli(world.environment, 'watch', 'approved');
    const planCode = await untilGate('approved');
    await expect
      .poll(async () => (await run('runs', '--json')).json, { timeout: 10_000 })
      .toMatchObject({
        runs: expect.arrayContaining([expect.objectContaining({ workflowId: 'approved', waiting: true })]),
      });

    await expect.poll(() => watching.written.out, { timeout: 10_000 }).toContain('WAITS FOR A PERSON');
    expect(watching.written.out).toContain('openssl 1 → 2');
    expect(watching.written.out).toContain(`fdts-ops approve approved --plan ${planCode}`);

    const approved = await run(
      'approve',
      'approved',
      '--by',
      'Ada',
      '--reason',
      'ticket 7',
      '--plan',
      planCode,
    );
    expect(approved).toMatchObject({ code: 0, out: '"approve" counts for "approve-plan"\n' });
    const again = await run('approve', 'approved', '--json');
    expect(again).toMatchObject({ code: 5, json: { counted: false } });

    expect(await watching.done).toBe(0);
    expect(watching.written.out).toContain('completed: everything was done and verified');
    const report = await run('report', 'approved');
    expect(report.out).toContain('approve at "approve-plan" by Ada (self-declared): ticket 7');
    await expect
      .poll(async () => (await run('runs', '--host', 'web-1')).out, { timeout: 10_000 })
      .toMatch(/^approved +plannedMaintenance +web-1 +completed +- /m);
  });

  it('refuses an approval for another plan or another gate, and an abort at it ends as rejected', async () => {
    await run('start', 'plannedMaintenance', '--id', 'rejected');
    await untilGate('rejected');
    expect(await run('approve', 'rejected', '--plan', 'OTHER')).toMatchObject({
      code: 5,
      out: expect.stringContaining('is not the plan that waits'),
    });
    expect(await run('approve', 'rejected', '--gate', 'later')).toMatchObject({ code: 5 });
    expect(await run('skip', 'rejected')).toMatchObject({
      code: 5,
      out: expect.stringContaining('nothing waits for "skip"'),
    });
    expect(await run('abort', 'rejected', '--reason', 'wrong night')).toMatchObject({ code: 0 });
    const watched = await run('watch', 'rejected', '--json');
    expect(watched).toMatchObject({ code: 13, json: { outcome: 'rejected', status: 'FAILED' } });
    expect((await run('report', 'rejected')).out).toContain('wrong night');
    expect(await run('approve', 'rejected')).toMatchObject({
      code: 5,
      out: expect.stringContaining('already ended'),
    });
  });

  it('has no report before its end, and after a cancel in the UI the whole one', async () => {
    await run('start', 'plannedMaintenance', '--id', 'cancelled');
    await untilGate('cancelled');
    expect(await run('report', 'cancelled', '--json')).toMatchObject({
      code: 4,
      json: { error: { code: 'STILL_RUNNING' } },
    });
    await world.env.client.workflow.getHandle('cancelled').cancel();
    expect(await run('watch', 'cancelled')).toMatchObject({ code: 18 });
    const report = await run('report', 'cancelled');
    expect(report.code).toBe(0);
    expect(report.out).toContain('cancel at "approve-plan"');
  });
});

describe('a run that is not there', () => {
  it.each([['watch'], ['report'], ['approve']])('%s says so with exit code 4', async (verb) => {
    expect(await run(verb, 'nothing', '--json')).toMatchObject({
      code: 4,
      json: { error: { code: 'RUN_NOT_FOUND' } },
    });
  });
});

describe('start', () => {
  it('refuses an id that is open already', async () => {
    await run('start', 'plannedMaintenance', '--id', 'twice');
    expect(await run('start', 'plannedMaintenance', '--id', 'twice', '--json')).toMatchObject({
      code: 2,
      json: { error: { code: 'ALREADY_RUNS' } },
    });
    await run('abort', 'twice');
  });

  it('makes a dry run that waits for nobody', async () => {
    const dry = await run('start', 'plannedMaintenance', '--dry-run', '--watch', '--json');
    expect(dry).toMatchObject({ code: 0, json: { report: { dryRun: true } } });
  });
});

describe('doctor', () => {
  it('finds server, search attributes and workers, and names a host without a worker', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-doctor-'));
    const config = path.join(folder, 'control.yml');
    await writeFile(
      config,
      'hosts:\n  - { name: web-1, timezone: UTC }\n  - { name: web-2, timezone: UTC }\n',
    );
    const examined = await run('doctor', '--config', config, '--json');
    expect(examined.code).toBe(10);
    expect(examined.json).toMatchObject({
      healthy: false,
      findings: expect.arrayContaining([
        expect.objectContaining({ name: 'configuration', status: 'ok' }),
        expect.objectContaining({
          name: 'notifications',
          status: 'warning',
          found: expect.stringContaining('nobody is told'),
        }),
        expect.objectContaining({ name: 'Temporal server', status: 'ok' }),
        expect.objectContaining({ name: 'search attribute FdtsWaiting', status: 'ok' }),
        expect.objectContaining({ name: 'control worker', status: 'ok' }),
        expect.objectContaining({ name: 'worker of web-1', status: 'ok' }),
        expect.objectContaining({
          name: 'worker of web-2',
          status: 'missing',
          getIt: expect.stringContaining('fdts-ops worker'),
        }),
      ]),
    });
  });

  it('says that nothing starts by itself on a server that has no schedules, and which are paused', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-doctor-'));
    const config = path.join(folder, 'control.yml');
    await writeFile(config, 'hosts:\n  - { name: web-1, timezone: UTC }\n');
    const schedules = async () => {
      const { out } = await run('doctor', '--config', config, '--json');
      const { findings }: { findings: { name: string }[] } = JSON.parse(out);
      return findings.find(({ name }) => name === 'schedules of web-1');
    };
    expect(await schedules()).toMatchObject({ status: 'warning', found: expect.stringContaining('none') });

    expect((await run('schedules', 'apply', '--config', config)).code).toBe(0);
    await expect.poll(schedules, { timeout: 10_000 }).toMatchObject({ status: 'ok' });
    const id = 'fdts-web-1-weeklyMaintenance';
    await world.env.client.schedule.getHandle(id).pause('made to stand still');
    await expect
      .poll(schedules, { timeout: 10_000 })
      .toMatchObject({ status: 'warning', found: expect.stringContaining(`paused: ${id}`) });
    expect((await run('schedules', 'remove', '--config', config)).code).toBe(0);
  });

  it('looks at the schedules of a host also where its queue cannot be looked at', async () => {
    // Longer than the server lets the name of a queue be; a configuration has no such name.
    const host = 'x'.repeat(2000);
    const { environment } = world;
    const findings = await examineServer({ ...processTerminal, environment }, [host]);
    expect(findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: `worker of ${host}`, status: 'missing' }),
        expect.objectContaining({ name: `schedules of ${host}`, found: expect.stringContaining('none') }),
      ]),
    );
  });
});
