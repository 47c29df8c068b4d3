import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { setFaults } from '../support/window/app-faults.ts';
import { containersAndImages } from '../support/window/host-state.ts';
import { startProcedure } from '../support/window/restore-run.ts';
import type { WindowEnd } from '../support/window/window-run.ts';

let env: TestEnvironment;

beforeAll(async () => {
  env = await environment();
  await env.host.resetFdts();
}, 240_000);
beforeEach(() => env.host.waitUntilServing());
afterAll(() => env.host.exec(['rm', '-rf', '/var/lib/fdts-ops/figures']));

const check = (end: WindowEnd, name: string) =>
  end.report?.checks.find((candidate) => candidate.name.startsWith(name));
const section = (end: WindowEnd, title: string): string =>
  end.report?.sections.find((candidate) => candidate.title === title)?.lines.join('\n') ?? '';
const run = async (type: string) => (await startProcedure(env.client, type)).ended(60_000);

test('the database check measures, and says what got worse since: a slow query that is logged, and growth', {
  timeout: 150_000,
}, async () => {
  const { host } = env;
  const first = await run('databasePerformanceCheck');
  expect(first).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(check(first, 'query SELECT COUNT(*) FROM users')).toMatchObject({ status: 'pass' });
  expect(check(first, 'not worse than before')).toMatchObject({ status: 'skipped' });
  expect(section(first, 'Database')).toMatch(/p50 .* ms, p95 .* ms, of 20 runs/);
  expect(section(first, 'Database')).toContain('journal mode wal');

  const grow = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40000)
    INSERT INTO audit_logs (action, details, ip, timestamp) SELECT 'grown', hex(randomblob(1000)), '', '' FROM n`;
  await host.exec([
    'setpriv',
    '--reuid=10001',
    '--regid=10001',
    '--clear-groups',
    'sqlite3',
    '/opt/fdts/data/database.sqlite',
    grow,
  ]);
  const { stdout: pid } = await host.exec([
    'bash',
    '-c',
    'docker inspect -f "{{.State.Pid}}" $(docker ps -qf label=com.docker.compose.service=app)',
  ]);
  await host.exec([
    'bash',
    '-c',
    `echo 'slow query: SELECT * FROM users WHERE email = "ada@example.org" took 4200 ms' >/proc/${pid}/fd/1`,
  ]);
  const second = await run('databasePerformanceCheck');
  expect(second).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(check(second, 'not worse than before')).toMatchObject({
    status: 'fail',
    got: expect.stringMatching(/size of the database .* MB, \+\d+\.\d % since the last check/),
  });
  expect(check(second, 'slow queries')).toMatchObject({
    status: 'fail',
    got: expect.stringMatching(/^1 of /),
  });
  expect(JSON.stringify(second.report)).not.toContain('ada@example.org');
});

test('the application check says where the time goes, who is connected, and that the app became slow', {
  timeout: 150_000,
}, async () => {
  const { host } = env;
  const before = await containersAndImages(host);
  const first = await run('applicationPerformanceCheck');
  expect(first).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(section(first, 'Response times')).toMatch(/of the app, connect: p50 .*\n.*first byte: p50/);
  expect(section(first, 'Response times')).toContain('through the proxy, total: p50');
  expect(check(first, 'every request of performance.page')).toMatchObject({ status: 'pass' });
  expect(section(first, 'Containers')).toMatch(/app: processor \d+ % of a core, memory .* MB/);
  expect(check(first, 'the app listens on port 3001')).toMatchObject({ status: 'pass' });

  await setFaults(host, { slow: 150 });
  const slow = await run('applicationPerformanceCheck');
  await setFaults(host, { slow: 0 });
  expect(slow).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(check(slow, 'response time of the app')).toMatchObject({ status: 'pass' });
  expect(check(slow, 'not worse than before')).toMatchObject({
    status: 'fail',
    got: expect.stringMatching(/p95 of the app .* ms \(.* ms before\)/),
  });
  await host.waitUntilServing();
  expect(await containersAndImages(host)).toEqual(before);
});
