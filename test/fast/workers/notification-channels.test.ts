import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { expect, onTestFinished, test } from 'vitest';
import { createNotifier } from '../../../activities/adapters/notify/notifier.ts';
import { notificationsSection } from '../../../config/sections/notifications.ts';
import { notificationChannels } from '../../../workers/notification-channels.ts';

const message = {
  runId: 'run-1',
  kind: 'gate-open',
  subject: 'web-1: decide',
  text: '<!channel> Plan 1234 & more.',
};
const notice = {
  runId: 'run-1',
  kind: 'notice',
  subject: 'Maintenance',
  text: 'Sunday 02:00.',
  audience: 'users' as const,
};

test('a real mail server takes mail for operators and for users, each once', async () => {
  const server = await mailServer({ password: 'hunter2' });
  const folder = newFolder();
  writeFileSync(join(folder, 'password'), 'hunter2\n');
  const notifier = notifierOf(folder, {
    smtp: {
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      from: 'fdts-ops@example.org',
      to: ['ops@example.org'],
      user: 'fdts-ops',
      passwordFile: join(folder, 'password'),
    },
    users: { mail: ['all-users@example.org'] },
  });
  expect((await notifier.notify(message)).channels).toEqual({ mail: 'sent' });
  expect((await notifier.notify(message)).isRepeated).toBe(true);
  expect((await notifier.notify(notice)).channels).toEqual({ 'mail to users': 'sent' });
  expect(server.mails.map(({ to }) => to)).toEqual([['ops@example.org'], ['all-users@example.org']]);
  expect(server.mails[0]?.content).toMatch(/^Subject: web-1: decide\r?$/m);
  expect(server.mails[0]?.content).toMatch(/^Message-ID: <[0-9a-f]{32}@fdts-ops>\r?$/m);
});

test('a mail server that refuses the password is told, without it', async () => {
  const server = await mailServer({ password: 'another' });
  const folder = newFolder();
  writeFileSync(join(folder, 'password'), 'hunter2\n');
  const smtp = {
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    from: 'fdts-ops@example.org',
    to: ['ops@example.org'],
    user: 'fdts-ops',
    passwordFile: join(folder, 'password'),
  };
  const { channels } = await notifierOf(folder, { smtp }).notify(message);
  expect(channels['mail']).toMatch(/^failed: .*535/);
  expect(JSON.stringify(channels)).not.toContain('hunter2');
});

test('a mail server that says a little now and then, and never ends, is given up; the next message is not held up', async () => {
  const server = await drippingServer();
  const folder = newFolder();
  const smtp = {
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    from: 'fdts-ops@example.org',
    to: ['ops@example.org'],
  };
  const noticeFile = join(folder, 'notice.json');
  const notifier = notifierOf(folder, { smtp, users: { noticeFile } }, 1000);
  const [toOperators, toUsers] = await Promise.all([notifier.notify(message), notifier.notify(notice)]);
  expect(toOperators.channels).toEqual({ mail: 'failed: Error: the mail server did not take it in time' });
  expect(toUsers.channels).toEqual({ 'notice file': 'sent' });
  await expect.poll(() => server.open(), { timeout: 5000 }).toBe(0);
});

test('a receiver gets every field, the key of the message and the token; one like Slack gets text without mentions', async () => {
  const receiver = await httpReceiver();
  const folder = newFolder();
  writeFileSync(join(folder, 'url'), `${receiver.url}/T0/secret\n`);
  writeFileSync(join(folder, 'token'), 'tell-nobody\n');
  const notifier = notifierOf(folder, {
    webhooks: [
      { url: `${receiver.url}/json`, tokenFile: join(folder, 'token') },
      { format: 'slack', urlFile: join(folder, 'url') },
    ],
  });
  expect((await notifier.notify(message)).channels).toEqual({ 'webhook 1': 'sent', 'webhook 2': 'sent' });
  const [slack, json] = receiver.got.sort((one, other) => (one.path < other.path ? -1 : 1));
  expect(json).toMatchObject({
    path: '/json',
    body: { ...message, key: 'run-1/gate-open', audience: 'operators' },
    headers: { authorization: 'Bearer tell-nobody', 'idempotency-key': 'run-1/gate-open' },
  });
  expect(slack).toMatchObject({
    path: '/T0/secret',
    body: { text: '*web-1: decide*\n&lt;!channel&gt; Plan 1234 &amp; more.' },
  });
});

test.each([
  ['answers 500', 500, /^failed: Error: the receiver answered 500$/],
  ['sends it elsewhere', 302, /^failed: Error: the receiver was not reached/],
  ['does not answer', null, /^failed: Error: the receiver did not answer in time$/],
])('a receiver that %s is told, the others get the message', async (_, status, told) => {
  const [bad, good] = [await httpReceiver(status), await httpReceiver()];
  const notifier = notifierOf(newFolder(), { webhooks: [{ url: bad.url }, { url: good.url }] }, 3000);
  const { channels } = await notifier.notify(message);
  expect(channels['webhook 1']).toMatch(told);
  expect(channels['webhook 2']).toBe('sent');
  expect(JSON.stringify(channels)).not.toContain(bad.url);
  expect(good.got).toHaveLength(1);
});

test('a receiver that is not there is told', async () => {
  const notifier = notifierOf(newFolder(), { webhooks: [{ url: 'http://127.0.0.1:1/' }] });
  expect((await notifier.notify(message)).channels['webhook 1']).toMatch(/not reached/);
});

test('the notice file has the latest announcement to users, whole', async () => {
  const folder = newFolder();
  const noticeFile = join(folder, 'notice.json');
  const notifier = notifierOf(folder, { users: { noticeFile } });
  await notifier.notify(message);
  await notifier.notify(notice);
  await notifier.notify({ ...notice, kind: 'end', subject: 'Over' });
  expect(JSON.parse(readFileSync(noticeFile, 'utf8'))).toMatchObject({ kind: 'end', subject: 'Over' });
});

test('the proxy, another user, may read the notice file also where the worker lets nobody read its files', async () => {
  const folder = newFolder();
  const noticeFile = join(folder, 'notice.json');
  const before = process.umask(0o077);
  onTestFinished(() => void process.umask(before));
  await notifierOf(folder, { users: { noticeFile } }).notify(notice);
  expect(statSync(noticeFile).mode & 0o777).toBe(0o644);
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-channels-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function notifierOf(folder: string, given: object, timeoutMs = 5000) {
  const file = join(folder, 'notifications.jsonl');
  const channels = notificationChannels({ ...notificationsSection.parse(given), file });
  return createNotifier({ file, channels, timeoutMs });
}

/** A mail server that wants a password and keeps what it is given. */
async function mailServer({ password }: { password: string }) {
  const mails: { to: string[]; content: string }[] = [];
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    allowInsecureAuth: true,
    onAuth: (given, _session, done) =>
      given.password === password ? done(null, { user: given.username }) : done(new Error('wrong password')),
    onData: (stream, session, done) => void keep(stream, session, done),
  });
  type Mail = Parameters<NonNullable<SMTPServerOptions['onData']>>;
  const keep = async (...[stream, { envelope }, done]: Mail) => {
    mails.push({ to: envelope.rcptTo.map(({ address }) => address), content: await text(stream) });
    done();
  };
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, mails };
}

/** A mail server whose greeting goes on for ever, a line every tenth of a second. */
async function drippingServer() {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    const drip = setInterval(() => socket.write('220-wait\r\n'), 100);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearInterval(drip);
      sockets.delete(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, open: () => sockets.size };
}

/** A receiver that keeps what it is sent; with `status` null it never answers. */
async function httpReceiver(status: number | null = 200) {
  const got: { path: string; headers: IncomingMessage['headers']; body: unknown }[] = [];
  const keep = async (request: IncomingMessage, response: ServerResponse) => {
    const { url = '', headers } = request;
    got.push({ path: url, headers, body: JSON.parse(await text(request)) });
    if (status !== null) response.writeHead(status, status === 302 ? { location: '/other' } : {}).end();
  };
  const server = createServer((request, response) => void keep(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, got };
}
