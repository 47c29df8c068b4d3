import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { localText } from '../../../config/local-time.ts';
import { schedulesSection } from '../../../config/sections/schedules.ts';
import { procedures } from '../../../workflows/procedures/index.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { cli } from './cli.ts';

/** Procedures that have a schedule unless the configuration says otherwise, in the order in which they are listed. */
const scheduled = procedures
  .map(({ type }) => type)
  .filter((type) => type in schedulesSection.parse(undefined));
/** What is said of each, and `other` of the one that is named. */
const forEach = (usual: object, named?: string, other: object = {}) => ({
  schedules: scheduled.map((type) => (type === named ? other : usual)),
});

let world: TemporalWorld;
let folder: string;

beforeAll(async () => {
  world = await startTemporalWorld();
  folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-schedules-'));
});
afterAll(() => world.end());

async function run(verb: 'apply' | 'list' | 'remove', yaml: string) {
  const file = path.join(folder, 'control.yml');
  await writeFile(file, yaml);
  return cli(world.environment, 'schedules', verb, '--config', file, '--json');
}

const hostFile = (name: string, timezone: string, schedules = '{}') =>
  `hosts:\n  - name: ${name}\n    timezone: ${timezone}\n    schedules: ${schedules}\n`;

async function scheduleIds(prefix: string): Promise<string[]> {
  const ids = [];
  for await (const { scheduleId } of world.env.client.schedule.list())
    if (scheduleId.startsWith(prefix)) ids.push(scheduleId);
  return ids.sort();
}

const dayLater = (date: Date) => localText(date.getTime() + 86_400_000, 'Australia/Sydney').slice(-5);

describe('schedules', () => {
  it('applied twice are there once, as configured: the window a day before the first Sundays', async () => {
    const yaml = hostFile('paris', 'Europe/Paris');
    expect((await run('list', yaml)).json).toMatchObject({
      schedules: scheduled.map(() => ({ state: 'missing' })),
    });
    expect((await run('apply', yaml)).json).toMatchObject(forEach({ did: 'created' }));
    expect((await run('apply', yaml)).json).toMatchObject(forEach({ did: 'unchanged' }));
    await expect
      .poll(() => scheduleIds('fdts-paris'))
      .toEqual(scheduled.map((type) => `fdts-paris-${type}`).sort());
    expect(scheduled).toEqual(
      expect.arrayContaining([
        'plannedMaintenance',
        'weeklyMaintenance',
        'backupVerification',
        'dailyHealthCheck',
      ]),
    );

    const { action, policies } = await world.env.client.schedule
      .getHandle('fdts-paris-plannedMaintenance')
      .describe();
    expect(action).toMatchObject({
      workflowType: 'plannedMaintenance',
      taskQueue: 'fdts-ops',
      args: [{ host: 'paris', when: 'next-window' }],
    });
    expect(policies).toEqual({ overlap: 'SKIP', catchupWindow: 600_000, pauseOnFailure: true });

    const listed = await run('list', yaml);
    expect(listed.code).toBe(0);
    expect(listed.json).toMatchObject({
      schedules: scheduled.map((type) => ({ id: `fdts-paris-${type}`, state: 'as configured' })),
    });
    const { schedules }: { schedules: { next: { local: string }[] }[] } = JSON.parse(listed.out);
    expect(schedules[0]?.next).toHaveLength(5);
    const dates = schedules[0]?.next ?? [];
    for (const { local } of dates) expect(local).toMatch(/^Sat \d{4}-\d\d-(0[1-6]|28|29|30|31) 0[123]:00$/);
  });

  it('name what differs from the configuration, and apply mends it without ending a pause', async () => {
    const before = hostFile('drift', 'Europe/Paris');
    await run('apply', before);
    const handle = world.env.client.schedule.getHandle('fdts-drift-plannedMaintenance');
    await handle.pause('freeze until January');
    const after = hostFile('drift', 'Europe/Paris', '{ plannedMaintenance: { calendar: second-sunday } }');
    const listed = await run('list', after);
    expect(listed.code).toBe(10);
    const drift = { state: 'drift', paused: true, drift: [expect.stringContaining('next dates')] };
    expect(listed.json).toMatchObject(forEach({ state: 'as configured' }, 'plannedMaintenance', drift));
    const updated = { did: 'updated', state: 'as configured', paused: true };
    expect((await run('apply', after)).json).toMatchObject(
      forEach({ did: 'unchanged' }, 'plannedMaintenance', updated),
    );
    expect((await handle.describe()).state).toMatchObject({ paused: true, note: 'freeze until January' });
  });

  it('that are paused are named, with what to do, and the list ends with exit code 10', async () => {
    // What other tests have left would be named as strange.
    for (const id of await scheduleIds('fdts-')) await world.env.client.schedule.getHandle(id).delete();
    await expect.poll(() => scheduleIds('fdts-')).toEqual([]);
    const yaml = hostFile('paused', 'Europe/Paris');
    await run('apply', yaml);
    expect((await run('list', yaml)).code).toBe(0);
    const handle = world.env.client.schedule.getHandle('fdts-paused-weeklyMaintenance');
    await handle.pause('paused due to workflow failure');
    const listed = await run('list', yaml);
    expect(listed.code).toBe(10);
    const paused = { state: 'as configured', paused: true, note: 'paused due to workflow failure' };
    expect(listed.json).toMatchObject(forEach({ paused: false }, 'weeklyMaintenance', paused));
    const shown = await cli(
      world.environment,
      'schedules',
      'list',
      '--config',
      path.join(folder, 'control.yml'),
    );
    expect(shown.out).toMatch(/Unpause\): fdts-paused-weeklyMaintenance$/m);
    const id = 'fdts-paused-weeklyMaintenance';
    const unpaused = await cli(world.environment, 'schedules', 'unpause', id, '--reason', 'disk made larger');
    expect(unpaused.out).toMatch(/^fdts-paused-weeklyMaintenance goes on; next: \d{4}-/);
    expect((await handle.describe()).state).toMatchObject({ paused: false, note: 'disk made larger' });
    expect((await run('list', yaml)).code).toBe(0);
    const none = await cli(world.environment, 'schedules', 'unpause', 'fdts-none', '--reason', 'x');
    expect(none).toMatchObject({
      code: 4,
      err: expect.stringContaining('the server has no schedule fdts-none'),
    });
  });

  it('are removed when the configuration says that there is none, and strange ones are named', async () => {
    await run('apply', hostFile('gone', 'UTC'));
    const without = hostFile('gone', 'UTC', '{ dailyHealthCheck: { enabled: false } }');
    expect((await run('apply', without)).json).toMatchObject(
      forEach({ did: 'unchanged' }, 'dailyHealthCheck', { did: 'removed' }),
    );
    await expect
      .poll(async () => (await run('list', hostFile('other', 'UTC'))).json)
      .toMatchObject({ notInConfiguration: expect.arrayContaining(['fdts-gone-plannedMaintenance']) });
    expect((await run('remove', without)).out).toContain('fdts-gone-plannedMaintenance');
    expect((await run('list', without)).json).toMatchObject(
      forEach({ state: 'missing' }, 'dailyHealthCheck', { state: 'none wanted' }),
    );
  });

  it('on days whose hour does not exist or comes twice run once, at 03:30, on the server too', async () => {
    const yaml = hostFile('sydney', 'Australia/Sydney');
    const applied = await run('apply', yaml);
    expect(applied.json).toMatchObject(forEach({ state: 'as configured' }));
    const { schedules }: { schedules: { procedure: string; clockChanges: string[] }[] } = JSON.parse(
      applied.out,
    );
    const changesOf = (type: string) => schedules.find(({ procedure }) => procedure === type)?.clockChanges;
    expect(changesOf('dailyHealthCheck')).toEqual([]);
    expect(changesOf('weeklyMaintenance')).toEqual(changesOf('plannedMaintenance'));
    const [monthly] = schedules;
    expect(monthly?.clockChanges.join('\n')).toMatch(/02:00 does not exist in Australia\/Sydney .* 03:30$/m);
    expect(monthly?.clockChanges.join('\n')).toMatch(/02:00 occurs twice in Australia\/Sydney .* 03:30$/m);
    // Ten months have at least one of the two days.
    const { info } = await world.env.client.schedule.getHandle('fdts-sydney-plannedMaintenance').describe();
    expect(new Set(info.nextActionTimes.map(dayLater))).toEqual(new Set(['02:00', '03:30']));
  });

  it('with a timezone that does not exist are refused, with the nearest name', async () => {
    const refused = await run('apply', hostFile('nowhere', 'Europe/Pariss'));
    expect(refused.code).toBe(2);
    expect(refused.json).toMatchObject({
      error: { code: 'BAD_CONFIGURATION', message: expect.stringContaining('did you mean Europe/Paris?') },
    });
  });
});
