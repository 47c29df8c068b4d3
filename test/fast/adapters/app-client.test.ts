import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { createAppClient, moveUrls, usersWay } from '../../../activities/adapters/app/app-client.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { closedOrigin, smallAppPassword, startSmallApp } from './start-small-app.ts';

beforeEach(() => {
  process.env['FDTS_OPS_TEST_PASSWORD'] = smallAppPassword;
});
afterEach(() => {
  delete process.env['FDTS_OPS_TEST_PASSWORD'];
});

async function failureOf(promise: Promise<unknown>): Promise<OperationError> {
  const error = await promise.catch((caught: unknown) => caught);
  if (error instanceof OperationError) return error;
  throw new Error(`expected an OperationError, got ${String(error)}`);
}

test('an app that is not running is reported as down, with the reason', async () => {
  const { options } = await startSmallApp();
  const closed = await closedOrigin();
  const client = createAppClient(moveUrls(options, (url) => url.replace(/^http:\/\/[^/]+/, closed)));
  expect(await client.checkHealth()).toMatchObject({
    ok: false,
    status: null,
    version: null,
    problem: 'connection refused: nothing listens there',
  });
});

test.each([
  ['http://127.0.0.1/api/health', 'http://127.0.0.1:3001/api/files/{id}', 'http://127.0.0.1/api/files/{id}'],
  [
    'https://fdts.example.org/app/api/health',
    'http://127.0.0.1:3001/login',
    'https://fdts.example.org/app/login',
  ],
  ['http://127.0.0.1/up', 'http://127.0.0.1:3001/login', 'http://127.0.0.1/login'],
  ['http://127.0.0.1/api/health', 'https://login.example.org/token', 'https://login.example.org/token'],
  ['http://127.0.0.1/api/health', 'http://127.0.0.1/api/files', 'http://127.0.0.1/api/files'],
])('users, whose health address is %s, reach %s at %s', (proxyUrl, url, expected) => {
  const way = usersWay({ healthUrl: 'http://127.0.0.1:3001/api/health', proxyUrl });
  expect(way(url)).toBe(expected);
});

test('a proxy that does not let uploads in is seen by who asks as users do', async () => {
  const { options } = await startSmallApp();
  const proxyUrl = options.healthUrl.replace(/^http:\/\/[^/]+/, await closedOrigin());
  const client = createAppClient({ ...options, proxyUrl });
  expect(await client.uploadAndDownload({ runId: 'run 1' })).not.toBeNull();
  const error = await failureOf(client.asUsers().uploadAndDownload({ runId: 'run 2' }));
  expect(error.message).toContain(new URL(proxyUrl).host);
});

test('an app that never answers is given up after the timeout', async () => {
  const app = await startSmallApp();
  app.isSilent = true;
  const health = await createAppClient({ ...app.options, timeoutMs: 100 }).checkHealth();
  expect(health).toMatchObject({ ok: false, problem: 'no complete answer within 0.1 s' });
});

test('health that never comes ends the wait with the last answer and what to do', async () => {
  const app = await startSmallApp();
  app.isHealthy = false;
  const probes: (number | null)[] = [];
  const error = await failureOf(
    createAppClient(app.options).waitUntilHealthy({
      timeoutMs: 700,
      intervalMs: 20,
      onProbe: (health) => probes.push(health.status),
    }),
  );
  expect(error).toMatchObject({ code: 'APP_NOT_HEALTHY', retryable: false });
  expect(error.message).toContain('not healthy within 0.7 s; last: answered 503, expected 2xx');
  expect(error.hint).toContain('maintenance.healthTimeout');
  expect(probes.length).toBeGreaterThan(1);
});

test('a wait for health stops at once when it is aborted', async () => {
  const app = await startSmallApp();
  app.isHealthy = false;
  const controller = new AbortController();
  const waiting = createAppClient(app.options).waitUntilHealthy({
    timeoutMs: 60_000,
    intervalMs: 60_000,
    signal: controller.signal,
    onProbe: () => controller.abort(),
  });
  expect((await failureOf(waiting)).code).toBe('APP_REQUEST_ABORTED');
});

test('an app that becomes healthy ends the wait, with its version', async () => {
  const app = await startSmallApp();
  app.isHealthy = false;
  const health = await createAppClient(app.options).waitUntilHealthy({
    timeoutMs: 10_000,
    intervalMs: 5,
    onProbe: () => {
      app.isHealthy = true;
    },
  });
  expect(health).toMatchObject({ ok: true, status: 200, version: '2.1.0', problem: null });
});

test('a wrong password is told without showing it, and is not tried again', async () => {
  process.env['FDTS_OPS_TEST_PASSWORD'] = 'hunter2';
  const error = await failureOf(createAppClient((await startSmallApp()).options).login());
  expect(error).toMatchObject({ code: 'APP_STATUS', retryable: false });
  expect(error.message).toContain('/login: answered 401, expected 2xx');
  expect(error.hint).toContain('test user');
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('hunter2');
});

test.each([
  ['the variable is not set', { passwordEnv: 'FDTS_OPS_TEST_NOT_SET' }, 'LOGIN_SECRET_MISSING'],
  ['the file is missing', { passwordFile: '/nowhere/password' }, 'LOGIN_SECRET_MISSING'],
  ['the answer carries no token there', { tokenField: 'token' }, 'LOGIN_TOKEN_MISSING'],
])('a login says what to correct when %s', async (_, change, code) => {
  const { options } = await startSmallApp();
  const login = options.login === null ? null : { ...options.login, ...change };
  expect((await failureOf(createAppClient({ ...options, login }).login())).code).toBe(code);
});

test('a login that is redirected is refused: a password goes nowhere else', async () => {
  const { options } = await startSmallApp();
  const login =
    options.login === null ? null : { ...options.login, url: options.healthUrl.replace('health', 'moved') };
  const error = await failureOf(createAppClient({ ...options, login }).login());
  expect(error.hint).toContain('Redirects are not followed');
});

test('a password file may end with a line break, and the token never prints', async () => {
  const { options } = await startSmallApp();
  const folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-login-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, `${smallAppPassword}\n`);
  const login = options.login === null ? null : { ...options.login, passwordFile };
  const token = await createAppClient({ ...options, login }).login();
  const printed = [String(token), JSON.stringify({ token }), inspect({ token }, { showHidden: true })];
  for (const text of printed) {
    expect(text).toContain('[redacted]');
    expect(text).not.toContain('tell-nobody');
  }
});

test('a corrupted download is an error, and the test file is deleted all the same', async () => {
  const app = await startSmallApp();
  app.corruptsDownloads = true;
  const error = await failureOf(createAppClient(app.options).uploadAndDownload({ runId: 'run-1' }));
  expect(error).toMatchObject({ code: 'DOWNLOAD_DIFFERS', retryable: false });
  expect(error.message).toContain('65535 bytes came back that are not the 65536 bytes');
  expect(app.files.size).toBe(0);
});

test('an uploaded file comes back the same and is deleted, however often it is tried', async () => {
  const app = await startSmallApp();
  const client = createAppClient(app.options);
  const first = await client.uploadAndDownload({ runId: 'run-1' });
  await client.uploadAndDownload({ runId: 'run-1' });
  expect(first).toMatchObject({ bytes: 65_536, sha256Equal: true, leftBehind: null });
  expect(app.names).toEqual(['fdts-ops-smoke-run-1.bin', 'fdts-ops-smoke-run-1.bin']);
  expect(app.files.size).toBe(0);
});

test('no connection outlives its request, so that a stopping app waits for none', async () => {
  const app = await startSmallApp();
  await createAppClient(app.options).uploadAndDownload({ runId: 'run-1' });
  expect(app.connections).toEqual(['close', 'close', 'close', 'close']);
});

test('an app that cannot delete keeps one file, and the result names it', async () => {
  const app = await startSmallApp();
  const upload = app.options.upload === null ? null : { ...app.options.upload, deleteUrl: null };
  const proof = await createAppClient({ ...app.options, upload }).uploadAndDownload({ runId: 'run-1' });
  expect(proof?.leftBehind).toBe('fdts-ops-smoke-run-1.bin');
});

test('an app of another kind: a form login, a token in a header of its own, uploads by PUT, removal by POST', async () => {
  const app = await startSmallApp();
  const { login, upload } = app.options;
  if (login === null || upload === null) throw new Error('the small app has both');
  const client = createAppClient({
    ...app.options,
    login: {
      ...login,
      url: login.url.replace('/login', '/session'),
      encoding: 'form',
      tokenHeader: 'X-Session',
      tokenFormat: 'v1 {token}',
    },
    upload: { ...upload, method: 'PUT', deleteUrl: `${upload.url}/{id}/remove`, deleteMethod: 'POST' },
  });
  expect(await client.uploadAndDownload({ runId: 'run-1' })).toMatchObject({ leftBehind: null });
  expect(app.names).toEqual(['fdts-ops-smoke-run-1.bin']);
  expect(app.files.size).toBe(0);
});

test('a session cookie is sent back, also when the login answers with a redirect', async () => {
  const app = await startSmallApp();
  const { login } = app.options;
  if (login === null) throw new Error('the small app has one');
  const asForm = { ...login, url: login.url.replace('/login', '/sign-in'), tokenCookie: 'sid' } as const;
  const client = createAppClient({ ...app.options, login: asForm });
  expect(await client.uploadAndDownload({ runId: 'run-1' })).toMatchObject({ sha256Equal: true });
  const other = createAppClient({ ...app.options, login: { ...asForm, tokenCookie: 'other' } });
  expect((await failureOf(other.login())).code).toBe('APP_STATUS');
});

test('checks that are not configured are skipped, never claimed', async () => {
  const { options } = await startSmallApp();
  const client = createAppClient({ ...options, login: null, upload: null });
  expect(await client.login()).toBeNull();
  expect(await client.uploadAndDownload({ runId: 'run-1' })).toBeNull();
});
