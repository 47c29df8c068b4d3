import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { httpStatus } from '../../sandbox/http-request.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';
import { dataFingerprint } from '../../setup/demo/data-fingerprint.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { busyUsers } from '../support/window/busy-users.ts';
import { hostContents } from '../support/window/host-contents.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree, servedVersion } from '../support/window/host-state.ts';
import { approveAndKillIn } from '../support/window/interrupt-steps.ts';
import { checksOf, linesOf } from '../support/window/read-report.ts';
import { startProcedure } from '../support/window/restore-run.ts';
import type { WindowRun } from '../support/window/window-run.ts';

const SCRIPTS = '/etc/fdts-ops/emergency.d';
const TASK = '/usr/lib/fdts-ops/root-task';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
});
beforeEach(() => env.host.resetFdts(), 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

const sh = async (script: string) => (await env.host.exec(['bash', '-c', script])).stdout.trim();
const tell = async (script: string) =>
  (await env.host.exec(['bash', '-c', script], { check: false })).stdout.trim();
const files = () => httpStatus(`${env.host.httpUrl}/api/files`, 2000);

const start = (change: string, what: string, more: object = {}) =>
  startProcedure(env.client, 'emergencyMaintenance', {
    urgency: 'critical',
    impact: 'users meet errors',
    change,
    what,
    watchSeconds: 2,
    ...more,
  });

async function approved(change: string, what: string) {
  const run = await start(change, what);
  await run.reaches('approve-change', ['waiting']);
  await run.approve();
  return run;
}

const attemptsAt = async ({ handle }: WindowRun, change: string) =>
  (await journalOf(env.host, handle.workflowId)).find(({ step }) => step === change)?.attempts;

/** Lays a script down as root does. */
const place = (name: string, ...lines: string[]) =>
  env.host.writeFile(`${SCRIPTS}/${name}`, `#!/bin/sh\n${lines.join('\n')}\n`, { mode: '755' });

test('a release that answers 500 is mended by an image tag, the worker killed in the change; a dry run and an abort at the gate change nothing', {
  timeout: 300_000,
}, async () => {
  const { host } = env;
  // The release before has a tag of its own; the one that was deployed calls itself healthy and fails users.
  await sh('docker tag fdts_app:latest fdts_app:1.0.1');
  const failing = 'FROM fdts_app:1.0.1\nENV SANDBOX_FAULTS=\'{"errors":100}\'\n';
  await host.exec(['docker', 'build', '-q', '-t', 'fdts_app:latest', '-'], { input: failing });
  await sh('cd /opt/fdts && docker-compose up -d');
  await host.waitUntilServing();
  for (let request = 0; request < 6; request += 1) expect(await files()).toBe(500);

  const before = await hostContents(host);
  const dry = await start('image', 'fdts_app:1.0.1', { dryRun: true }).then((run) => run.ended());
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(JSON.stringify(dry.report?.steps)).toMatch(/docker tag sha256:\w+ fdts_app:latest/);
  expect(await hostContents(host)).toEqual(before);

  const things = await containersAndImages(host);
  const aborted = await start('image', 'fdts_app:1.0.1');
  await aborted.reaches('approve-change', ['waiting']);
  await aborted.abort('not yet');
  expect(await aborted.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await containersAndImages(host)).toEqual(things);

  const run = await start('image', 'fdts_app:1.0.1');
  await run.reaches('approve-change', ['waiting']);
  await approveAndKillIn(host, run, 'switch-images');
  const end = await run.ended();
  expect(await attemptsAt(run, 'switch-images')).toBe(2);
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await files()).toBe(401);
  expect(linesOf(end, 'What users met before')).toContain('500');
  expect(linesOf(end, 'Left to do')).toContain('bring fdts_app:1.0.1 into the source');
  expect(checksOf(end)).toMatchObject({
    'the change is one that this host allows': 'pass: fdts_app:1.0.1',
    'the database can be read': 'pass: ok',
    'the backup restores': expect.stringMatching(/^pass: all right: 10000 users, .* 520 uploads$/),
    'the configuration can be bundled': expect.stringMatching(/^pass: \d+ files$/),
    'the app is healthy': 'pass: 200',
    'a user can log in': 'pass: a token',
    'a file can be uploaded and downloaded': expect.stringMatching(
      /^pass: 65536 bytes, the same, in \d+ ms$/,
    ),
    'every service is up': expect.stringMatching(/^pass: .*\bapp\b/),
    'the app answers through the proxy': 'pass: 200',
    [`FDTS seen from the control worker at ${host.httpUrl}/api/health`]: 'pass: 200',
    'services stay up while it is watched': 'pass: none',
    "errors in the app's log while it was watched": 'pass: 0',
  });
  expect(end.report?.downtimeSeconds).toBeGreaterThan(0);

  // The way back to before it is there, by its name.
  const input = { run: end.report?.stamp, dryRun: true };
  const back = await startProcedure(env.client, 'rollbackMaintenance', input).then((other) => other.ended());
  expect(back).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(back.report?.checks).toContainEqual(
    expect.objectContaining({
      status: 'pass',
      got: expect.stringContaining('the old image of app is there'),
    }),
  );
});

test('an image that does not get healthy is taken back, the worker killed in its start, and nothing that users wrote is lost', {
  timeout: 240_000,
}, async () => {
  const { host } = env;
  await releaseVersion(host, { version: '1.1.0', broken: 'never-healthy', nginxUpdate: false });
  await sh('docker build -q -t fdts_app:1.1.0 /opt/fdts/app');
  const users = await busyUsers(host);
  const run = await start('image', 'fdts_app:1.1.0');
  await run.reaches('approve-change', ['waiting']);
  await approveAndKillIn(host, run, 'start-app');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
  expect(await attemptsAt(run, 'start-app')).toBeGreaterThan(1);
  expect(await servedVersion(host)).toBe('1.0.0');
  await users.expectNothingLost();
});

describe('a script', () => {
  test('runs once and to its end although the worker is killed in the middle of it', {
    timeout: 120_000,
  }, async () => {
    const { host, client } = env;
    await place('mend', 'echo begun >>/root/mended', 'sleep 4', 'echo ended >>/root/mended');
    await sh('rm -f /root/mended');
    const run = await start('script', 'mend');
    await run.reaches('approve-change', ['waiting']);
    const plan = JSON.stringify(await client.workflow.getHandle(run.handle.workflowId).query('progress'));
    expect(plan).toContain((await sh(`sha256sum ${SCRIPTS}/mend`)).slice(0, 64));
    expect(plan).toContain('CANNOT BE TAKEN BACK');
    await approveAndKillIn(host, run, 'run-script');
    const end = await run.ended();
    expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(checksOf(end)).toMatchObject({
      'root would run the script': expect.stringMatching(/^pass: sha256 [0-9a-f]{64}$/),
      'the app is healthy': 'pass: 200',
      'services stay up while it is watched': 'pass: none',
    });
    expect(await sh('cat /root/mended')).toBe('begun\nended');
    expect(await attemptsAt(run, 'run-script')).toBe(2);
  });

  test('that fails is taken back with what it did to the database, and says what stays', {
    timeout: 120_000,
  }, async () => {
    const { host } = env;
    const before = await dataFingerprint(host);
    await place(
      'spoil',
      'sqlite3 /opt/fdts/data/database.sqlite "DELETE FROM files"',
      'echo hunter2',
      'cd /opt/fdts && docker-compose up -d',
      'exit 64',
    );
    const end = await (await approved('script', 'spoil')).ended();
    expect(end).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
    expect(end.because).toContain('exit code 64');
    expect(JSON.stringify(end.report)).not.toContain('hunter2');
    expect(JSON.stringify(end.report?.sections)).toContain('DID BESIDES STAYS');
    expect(await dataFingerprint(host)).toEqual(before);
  });

  test('that root did not put there, or that is another one by now, is not run', async () => {
    await place('good', 'touch /root/was-run');
    await sh(`rm -f /root/was-run; cd ${SCRIPTS}; cp -p good others; chmod 757 others; cp -p good theirs; chown 10001 theirs
      ln -sf good link; cp -p good twice; ln -f twice second; cp -p good plain; chmod 644 plain`);
    const read = (name: string) => tell(`${TASK} read script '${name}' 2>&1; echo $?`);
    for (const name of ['others', 'theirs', 'link', 'twice', 'plain', 'none', '../host.yml', 'sub/good'])
      expect(await read(name), name).toMatch(/^root-task: script: got .*\n64$/);
    expect(await read('good')).toMatch(/^[0-9a-f]{64} \d+\n0$/);
    await sh(`chmod 775 ${SCRIPTS}`);
    expect(await read('good')).toMatch(/which others can change.*\n64$/);
    await sh(`chmod 755 ${SCRIPTS}`);
    const other = `fdts-ops-test-run-script ; ${TASK} wait fdts-ops-test-run-script`;
    const started = `${TASK} start ${other.replace(' ;', ` run-script good ${'0'.repeat(64)} 5;`)} 2>&1`;
    expect(await tell(started)).toMatch(/finished 64\n.*another sha256/s);
    expect(await tell('ls /root/was-run 2>&1')).toContain('No such file');
    await sh(`rm -rf ${SCRIPTS}/* /var/lib/fdts-ops-root/tasks/fdts-ops-test-run-script`);
  });
});

test('a named package is upgraded with users served, the worker killed in it', {
  timeout: 120_000,
}, async () => {
  const { host } = env;
  const users = await busyUsers(host);
  const run = await start('packages', 'fdts-sysinfo');
  await run.reaches('approve-change', ['waiting']);
  await approveAndKillIn(host, run, 'install-packages');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await attemptsAt(run, 'install-packages')).toBe(2);
  expect(await sh("dpkg-query -W -f '${Version}' fdts-sysinfo")).toBe('1.1');
  expect(end.report?.downtimeSeconds).toBeNull();
  expect(checksOf(end)).toMatchObject({
    'the change is one that this host allows': 'pass: fdts-sysinfo',
    'no package is half installed': 'pass: none',
    'the app is healthy': 'pass: 200',
    // A rate only when these users asked often enough meanwhile.
    'what users met while it was watched': expect.stringMatching(
      /: 0 of \d+ requests of users in \d+ s failed/,
    ),
    'services stay up while it is watched': 'pass: none',
  });
  await users.expectNothingLost();
});
