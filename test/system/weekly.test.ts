import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { busyUsers } from '../support/window/busy-users.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { interruptSteps } from '../support/window/interrupt-steps.ts';
import { otherPeoplesDocker } from '../support/window/other-peoples-docker.ts';
import { backUp, startProcedure } from '../support/window/restore-run.ts';
import { expectNotScanned, scannerStandIn } from '../support/window/scanner-stand-in.ts';
import { windowRun } from '../support/window/window-run.ts';

const LOGROTATE = '/etc/logrotate.d/fdts';
const CONFIG = '/etc/fdts-ops/host.yml';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  await env.host.resetFdts();
  await backUp(env.client);
}, 150_000);
afterEach(() => expectHostFree(env.host), 60_000);

const sh = async (script: string) => (await env.host.exec(['bash', '-c', script])).stdout.trim();
const sysinfo = () => sh("dpkg-query -W -f '${Version}' fdts-sysinfo");
const start = (input: object = {}) =>
  startProcedure(env.client, 'weeklyMaintenance', { watchSeconds: 2, ...input });

test('everything with users served, the worker killed in every change: what others have stays, logging goes on', {
  timeout: 300_000,
}, async () => {
  const { host } = env;
  const docker = await otherPeoplesDocker(host);
  const made = Number(await sh('date +%s'));
  // What is younger than weekly.unusedFor stays.
  await expect.poll(async () => Number(await sh('date +%s')), { timeout: 10_000 }).toBeGreaterThan(made + 2);
  const rotation = await host.readFile(LOGROTATE);
  await host.writeFile(LOGROTATE, rotation.replace('weekly', 'weekly\n  copytruncate'));
  await sh(
    "systemd-run --quiet --collect --unit=fdts-log-writer bash -c 'exec 3>>/var/log/fdts/app.log; while sleep 0.2; do date >&3; done'",
  );
  const scanner = await scannerStandIn(host);
  const users = await busyUsers(host);
  try {
    const run = await start();
    const killing = interruptSteps(host, run.handle.workflowId, { signal: 'SIGKILL', which: 'each' });
    await run.reaches('approve-plan', ['waiting']);
    await run.approve();
    const end = await run.ended();
    expect(end.because).toMatch(/^every step passed; not proven: /);
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(await killing).toEqual(
      expect.arrayContaining(['install-packages', 'clean-up-docker', 'rotate-logs']),
    );
    const attempts = (await journalOf(host, run.handle.workflowId)).filter((change) => change.attempts > 1);
    expect(attempts.length).toBeGreaterThan(2);

    expect(await sysinfo()).toBe('1.1');
    expect(await docker.missing()).toEqual([]);
    expect(await docker.left()).toEqual([]);
    expect(end.report?.downtimeSeconds).toBeNull();
    const check = (name: string) => end.report?.checks.find((one) => one.name === name)?.status;
    expect(check('the database is tidied with the app live')).toBe('pass');
    expect(check('/var/log/fdts/app.log goes on after its rotation')).toBe('pass');
    expect(check('the app logs after the rotation')).toBe('pass');
    scanner.expectCounted(end.report);
    expect(await sh('ls /var/log/fdts | grep -c app.log.1')).toBe('1');
    await users.expectNothingLost();
  } finally {
    await sh('systemctl stop fdts-log-writer.service');
    await host.writeFile(LOGROTATE, rotation);
  }
});

test('a dry run, an abort at the gate and a schedule without approvals leave the host as it was', {
  timeout: 240_000,
}, async () => {
  const { host, client } = env;
  const before = await hostContents(host);
  const dry = await start({ dryRun: true }).then((run) => run.ended());
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await hostContents(host)).toEqual(before);

  const things = await containersAndImages(host);
  const aborted = await start();
  await aborted.reaches('approve-plan', ['waiting']);
  await aborted.abort('not tonight');
  expect(await aborted.ended()).toMatchObject({ outcome: 'rejected' });

  const schedule = await client.schedule.create({
    scheduleId: 'weekly-test',
    spec: {},
    action: {
      type: 'startWorkflow',
      workflowType: 'weeklyMaintenance',
      taskQueue: 'fdts-ops',
      workflowId: 'weekly-by-schedule',
      args: [{ watchSeconds: 1 }],
    },
  });
  try {
    await schedule.trigger();
    const started = async () => (await schedule.describe()).info.recentActions[0]?.action;
    await expect.poll(started, { timeout: 20_000 }).toBeDefined();
    const action = await started();
    const workflowId = action?.type === 'startWorkflow' ? action.workflow.workflowId : '';
    const end = await windowRun(client.workflow.getHandle(workflowId)).ended();
    // A first Sunday ends it at once: then it leaves everything to the monthly window.
    const left = end.report?.sections.find(({ title }) => title === 'Left to do')?.lines.join('\n');
    expect(left ?? end.because).toMatch(
      /fdts-sysinfo 1.0 → 1.1; not approved beforehand|the monthly window is on this day/,
    );
  } finally {
    await schedule.delete();
  }
  expect(await containersAndImages(host)).toEqual(things);
  expect(await sysinfo()).toBe('1.0');
});

test('a database that somebody has locked is left as it is, and needs attention; the rest is done', {
  timeout: 240_000,
}, async () => {
  const run = await start();
  await run.reaches('approve-plan', ['waiting']);
  const database = '/opt/fdts/data/database.sqlite';
  await sh(
    `systemd-run --quiet --collect --unit=fdts-locker --uid=10001 bash -c '(echo "BEGIN IMMEDIATE;"; sleep 300) | sqlite3 ${database}'`,
  );
  try {
    await run.approve();
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
    expect(end.because).toContain('another program kept it locked');
    expectNotScanned(end.report);
    expect(await sysinfo()).toBe('1.1');
  } finally {
    await sh('systemctl stop fdts-locker.service');
  }
});

test('beside an app with an old SQLite the database is tidied in a short stop, the worker killed in it', {
  timeout: 200_000,
}, async () => {
  const { host } = env;
  const database = '/opt/fdts/data/database.sqlite';
  await sh(
    `setpriv --reuid=10001 --regid=10001 --clear-groups sqlite3 ${database} 'DELETE FROM audit_logs WHERE id < (SELECT max(id) / 3 FROM audit_logs)'`,
  );
  const freePages = async () => Number(await sh(`sqlite3 -readonly ${database} 'PRAGMA freelist_count'`));
  const before = await freePages();
  expect(before).toBeGreaterThan(100);
  await sh(`sed -i 's/appSqlite: .*/appSqlite: 3.40.1/' ${CONFIG} && systemctl restart fdts-ops-host`);
  const users = await busyUsers(host);
  try {
    const run = await start();
    await run.reaches('approve-plan', ['waiting']);
    const how = { signal: 'SIGKILL', which: 'first', prefix: 'optimize' } as const;
    const killing = interruptSteps(host, run.handle.workflowId, how);
    await run.approve();
    expect(await killing).toEqual([expect.stringMatching(/^optimize/)]);
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(JSON.stringify(end.report?.sections)).toContain("in a short stop: the app's SQLite is 3.40.1");
    expect(end.report?.downtimeSeconds).toBeGreaterThan(0);
    // Users write meanwhile, and may free a page.
    expect(await freePages()).toBeLessThan(before / 10);
    await users.expectNothingLost();
  } finally {
    await sh(`sed -i 's/appSqlite: .*/appSqlite: 3.53.2/' ${CONFIG} && systemctl restart fdts-ops-host`);
  }
});

test('an app that is not healthy on the tidied database is taken back, with what users left', {
  timeout: 300_000,
}, async () => {
  const { host } = env;
  const version = await sh('sqlite3 -readonly /opt/fdts/data/database.sqlite "PRAGMA schema_version"');
  // A release that starts only on the database as it is now.
  const insert = `if (database.pragma("schema_version", { simple: true }) !== ${version}) process.exit(1);`;
  await sh(`sed -i '/^const server/i ${insert}' /opt/fdts/app/src/main.mjs`);
  await sh('cd /opt/fdts && docker-compose build -q app && docker-compose up -d --no-deps app 2>&1');
  await host.waitUntilServing(30_000);
  await sh(`sed -i 's/appSqlite: .*/appSqlite: 3.40.1/' ${CONFIG} && systemctl restart fdts-ops-host`);
  const users = await busyUsers(host);
  try {
    const run = await start();
    await run.reaches('approve-plan', ['waiting']);
    await run.approve();
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
    expect(end.because).toMatch(/^Start the app again/);
    await users.expectNothingLost();
    expect(end.report?.downtimeSeconds).toBeGreaterThan(0);
  } finally {
    await sh(`sed -i 's/appSqlite: .*/appSqlite: 3.53.2/' ${CONFIG} && systemctl restart fdts-ops-host`);
  }
});
