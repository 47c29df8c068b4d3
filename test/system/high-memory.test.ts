import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { waitUntil } from '../../sandbox/wait-until.ts';
import type { Progress } from '../../workflows/contracts/report.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { setFaults } from '../support/window/app-faults.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { approveAndKillIn } from '../support/window/interrupt-steps.ts';
import { startProcedure } from '../support/window/restore-run.ts';

const compose = '/opt/fdts/docker-compose.yml';
const override = '/opt/fdts/docker-compose.override.yml';
const input = { measureSeconds: 3, backWithinSeconds: 4 };
let env: TestEnvironment;
/** The memory limit of the app, and how full it is. */
let app: () => Promise<{ limit: number; percent: number }>;

beforeAll(async () => {
  env = await environment();
});
beforeEach(async () => {
  const { host } = env;
  await host.resetFdts();
  // The limit of a site that is too small for what the app needs.
  await host.writeFile(
    compose,
    (await host.readFile(compose)).replace('    build: ./app\n', '    build: ./app\n    mem_limit: 160m\n'),
  );
  await host.exec(['docker-compose', 'up', '-d', 'app'], { cwd: '/opt/fdts' });
  await host.waitUntilServing();
  app = async () => {
    const id = (await host.exec(['docker', 'ps', '-qf', 'label=com.docker.compose.service=app'])).stdout;
    const { stdout } = await host.exec(['docker', 'stats', '--no-stream', '--format', '{{.MemPerc}}', id]);
    const limit = await host.exec(['docker', 'inspect', '--format', '{{.HostConfig.Memory}}', id]);
    return { limit: Number(limit.stdout) / 1024 / 1024, percent: Number.parseFloat(stdout) };
  };
}, 120_000);
afterEach(() => expectHostFree(env.host), 60_000);

/** Leaks until the app uses more than the threshold; gives how many MB that took. */
async function leak(): Promise<number> {
  let leaked = 90;
  await setFaults(env.host, { leak: leaked });
  await waitUntil(
    'the app has leaked enough',
    async () => {
      if ((await app()).percent > 93) return true;
      await setFaults(env.host, { leak: 4 });
      leaked += 4;
      return false;
    },
    90_000,
    1,
  );
  return leaked;
}

/** From its next start on the app needs that much: the leak comes back. */
async function leakFromTheStart(megabytes: number): Promise<void> {
  const { host } = env;
  const script = `require('fs').appendFileSync('/opt/fdts/.env.production', 'SANDBOX_FAULTS=' + JSON.stringify({ leak: ${megabytes} }) + '\\n')`;
  await host.exec(['node', '-e', script]);
  await host.exec(['docker-compose', 'up', '-d', 'app'], { cwd: '/opt/fdts' });
  await host.waitUntilServing();
}

test('a leak that is gone with a restart, the worker killed in it, is told in figures; a dry run and a no change nothing', {
  timeout: 180_000,
}, async () => {
  const { host, client } = env;
  await leak();
  const before = await containersAndImages(host);
  const dry = await startProcedure(client, 'highMemory', { ...input, dryRun: true }).then((run) =>
    run.ended(),
  );
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const rejected = await startProcedure(client, 'highMemory', input);
  await rejected.reaches('approve-restart', ['waiting']);
  await rejected.abort('not now');
  expect(await rejected.ended()).toMatchObject({ outcome: 'rejected' });
  expect(await containersAndImages(host)).toEqual(before);

  const run = await startProcedure(client, 'highMemory', input);
  await run.reaches('approve-restart', ['waiting']);
  await approveAndKillIn(host, run, 'restart-service');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const changes = await journalOf(host, run.handle.workflowId);
  expect(changes.find(({ step }) => step === 'restart-service')?.attempts).toBe(2);
  expect((await app()).percent).toBeLessThan(60);
  expect(JSON.stringify(end.report?.sections)).toMatch(/app: processor .* 9\d % of its limit of 16\d MB/);
  expect(end.report?.checks).toContainEqual(
    expect.objectContaining({ name: 'memory of app after the restart', status: 'pass' }),
  );
});

test('memory that comes back gets a limit with room, in an override that compose and fdts-ops both use; a dry run and a no set none, too small a one is taken back', {
  timeout: 400_000,
}, async () => {
  const { host, client } = env;
  await leakFromTheStart(await leak());
  const restarted = async (more: object) => {
    const run = await startProcedure(client, 'highMemory', { ...input, ...more });
    await run.reaches('approve-restart', ['waiting', 'skipped']);
    // Users have just met an outage, of the limit that was too small: then it is mended without asking.
    const { gate } = await run.handle.query<Progress>('progress');
    if (gate?.step === 'approve-restart') await run.approve();
    await run.reaches('approve-limit', ['waiting']);
    return run;
  };
  const unlimited = async () => {
    expect((await host.exec(['test', '-e', override], { check: false })).exitCode).not.toBe(0);
    expect((await app()).limit).toBe(160);
  };
  const before = await containersAndImages(host);
  const dry = await startProcedure(client, 'highMemory', { ...input, dryRun: true }).then((run) =>
    run.ended(),
  );
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  // Whether it comes back is known only after a restart: a dry run says so, and makes neither.
  const would = new Map(dry.report?.steps.map((step) => [step.id, step]));
  expect(would.get('restart-service')?.commands).toEqual([expect.stringContaining('docker restart')]);
  for (const id of ['approve-limit', 'apply-limit'])
    expect(would.get(id)).toMatchObject({ status: 'skipped', note: 'known only at run time' });
  expect(await containersAndImages(host)).toEqual(before);
  await unlimited();

  const rejected = await restarted({});
  await rejected.abort('the limit is ours to choose');
  expect(await rejected.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  await unlimited();

  const refused = await restarted({ limitMegabytes: 64 });
  await refused.approve();
  const tooSmall = await refused.ended();
  expect(tooSmall).toMatchObject({ status: 'FAILED', outcome: 'rolled-back' });
  await unlimited();
  await host.waitUntilServing();

  const run = await restarted({});
  await approveAndKillIn(host, run, 'apply-limit');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const { limit, percent } = await app();
  expect(limit).toBeGreaterThan(160);
  expect(percent).toBeLessThan(90);
  expect(await host.readFile(override)).toContain(`mem_limit: ${limit}m`);
  // A person at the shell keeps the limit, and the container.
  const id = ['docker', 'ps', '-qf', 'label=com.docker.compose.service=app'];
  const container = (await host.exec(id)).stdout;
  await host.exec(['docker-compose', 'up', '-d'], { cwd: '/opt/fdts' });
  expect((await host.exec(id)).stdout).toBe(container);
  expect(await app()).toMatchObject({ limit });
});
