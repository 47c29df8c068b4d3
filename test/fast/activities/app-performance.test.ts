import { createServer } from 'node:http';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createAppClient } from '../../../activities/adapters/app/app-client.ts';
import { connectDocker } from '../../../activities/adapters/docker/docker.ts';
import { appPerformanceReads } from '../../../activities/diagnosis/app-performance.ts';
import { completeHost } from '../../../config/complete-host.ts';
import { hostSchema } from '../../../config/host-schema.ts';
import { appOptions } from '../../../workers/compose-host.ts';
import { run } from './support/small-host.ts';

const TOKEN = 'abc';
let origin: string;

/** Its health address answers at once, and what users ask for takes a second. */
beforeEach(async () => {
  const server = createServer((request, response) => {
    const isSignedIn = request.headers.authorization === `Bearer ${TOKEN}`;
    if (request.url === '/login') response.end(JSON.stringify({ token: TOKEN }));
    else if (request.url !== '/page') response.end('{}');
    else if (!isSignedIn) response.writeHead(401).end();
    else setTimeout(() => response.end('page'), 1000);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const address = server.address();
  origin = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
});

async function measure(performance: object) {
  vi.stubEnv('FDTS_OPS_TEST_PASSWORD', 'secret');
  onTestFinished(() => void vi.unstubAllEnvs());
  const login = {
    url: `${origin}/login`,
    body: { username: 'smoke', password: '{password}' },
    passwordEnv: 'FDTS_OPS_TEST_PASSWORD',
  };
  const parsed = hostSchema.parse({
    host: { name: 'web-1', timezone: 'UTC' },
    data: { owner: { uid: 1, gid: 1 } },
    checks: { healthUrl: `${origin}/health`, proxyUrl: `${origin}/health`, login, upload: null },
    thresholds: { responseMilliseconds: 500 },
    performance: { requests: 5, ...performance },
  });
  const config = completeHost(parsed);
  const app = createAppClient(appOptions(config));
  return appPerformanceReads({ config, app, docker: connectDocker() }).timeRequests(run(), {});
}

test('a page that is slow for users is slow, however fast the health address is', async () => {
  const { checks, figures, lines } = await measure({ page: `${origin}/page` });
  const failed = checks.filter(({ status }) => status === 'fail').map(({ name }) => name);
  expect(failed).toEqual(['response time of performance.page']);
  expect(figures.map(({ name }) => name)).toContain('p95 of performance.page');
  expect(JSON.stringify({ checks, figures, lines })).not.toContain(TOKEN);
});

test('without one the report says that only the health address was timed', async () => {
  const { checks } = await measure({});
  expect(checks.filter(({ status }) => status !== 'pass')).toEqual([
    expect.objectContaining({ status: 'not proven', got: 'only the health address was timed' }),
  ]);
});
