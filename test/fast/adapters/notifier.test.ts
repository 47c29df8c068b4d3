import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commandChannel } from '../../../activities/adapters/notify/command-channel.ts';
import { noticeFileChannel } from '../../../activities/adapters/notify/notice-file-channel.ts';
import type { Audience, Channel, Notification } from '../../../activities/adapters/notify/notification.ts';
import { createNotifier, type NotifierOptions } from '../../../activities/adapters/notify/notifier.ts';

const message = { runId: 'run-1', kind: 'gate-open', subject: 'Please decide', text: 'Plan 1234 waits.' };

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'fdts-ops-notify-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function newOptions(change: Partial<NotifierOptions> = {}): Promise<NotifierOptions> {
  const file = path.join(await newFolder(), 'state', 'notifications.jsonl');
  return { file, channels: [], timeoutMs: 5000, ...change };
}

/** A channel that keeps what it is given. */
function keeping(
  name: string,
  audience: Audience = 'operators',
): Channel & { readonly kept: Notification[] } {
  const kept: Notification[] = [];
  return { name, audience, kept, send: async (given) => void kept.push(given) };
}

const refusing: Channel = {
  name: 'mail',
  audience: 'operators',
  send: async () =>
    Promise.reject(new Error('550 no such user <c@d> at https://hooks.example.org/T0/secret')),
};

const linesOf = async (file: string): Promise<string[]> => (await readFile(file, 'utf8')).trim().split('\n');

test('a program that fails is told in the result; the message is in the file all the same', async () => {
  const page = commandChannel('command', ['sh', '-c', 'echo said >&2; exit 1', 'page', 'key-hunter2']);
  const options = await newOptions({ channels: [page] });
  const result = await createNotifier(options).notify(message);
  expect(result).toEqual({
    file: 'sent',
    channels: { command: 'failed: COMMAND_FAILED, exit code 1' },
    isRepeated: false,
  });
  expect((await linesOf(options.file))[0]).toContain('"subject":"Please decide"');
});

test('a file that cannot be written is told in the result; the other channels go on', async () => {
  const mail = keeping('mail');
  const options = await newOptions({ file: '/dev/null/x', channels: [refusing, mail] });
  const result = await createNotifier(options).notify(message);
  expect(result.file).toContain('failed: Error: EEXIST');
  expect(mail.kept).toEqual([message]);
});

test('a channel that refuses is told in the result, without addresses of mail and of receivers', async () => {
  const options = await newOptions({ channels: [refusing] });
  expect((await createNotifier(options).notify(message)).channels).toEqual({
    mail: 'failed: Error: 550 no such user [address] at [address]',
  });
});

test('a file system that hangs is given up and told, and holds up neither other channels nor the next message', async () => {
  const noticeFile = path.join(await newFolder(), 'notice.json');
  // Nobody reads at its other end: to open it for writing waits without end.
  execFileSync('mkfifo', [`${noticeFile}.part`]);
  onTestFinished(() => closeSync(openSync(`${noticeFile}.part`, constants.O_RDONLY | constants.O_NONBLOCK)));
  const mail = keeping('mail to users', 'users');
  const channels = [noticeFileChannel('notice file', noticeFile), mail];
  const notifier = createNotifier(await newOptions({ channels, timeoutMs: 500 }));
  const notice = { ...message, audience: 'users' as const };
  const told = await Promise.all([notifier.notify(notice), notifier.notify({ ...notice, kind: 'over' })]);
  const ended = { 'notice file': 'failed: TimeoutError: took longer than 1000 ms', 'mail to users': 'sent' };
  expect(told.map((one) => one.channels)).toEqual([ended, ended]);
});

test('the program gets subject and text on its standard input and the run in its environment', async () => {
  const out = path.join(await newFolder(), 'out');
  const script = 'cat > "$1"; printf "%s" "$FDTS_OPS_RUN_ID" >> "$1"';
  const options = await newOptions({
    channels: [commandChannel('command', ['sh', '-c', script, 'page', out])],
  });
  expect((await createNotifier(options).notify(message)).channels).toEqual({ command: 'sent' });
  expect(await readFile(out, 'utf8')).toBe('Please decide\n\nPlan 1234 waits.\nrun-1');
});

test('operators and users each get what is meant for them', async () => {
  const [operators, users] = [keeping('mail'), keeping('mail to users', 'users')];
  const notifier = createNotifier(await newOptions({ channels: [operators, users] }));
  await notifier.notify(message);
  await notifier.notify({ ...message, kind: 'notice', audience: 'users' });
  expect(operators.kept.map(({ kind }) => kind)).toEqual(['gate-open']);
  expect(users.kept.map(({ kind }) => kind)).toEqual(['notice']);
});

test('a message for those who heard another one last goes to nobody else, and is made up for after a crash', async () => {
  const users = keeping('mail to users', 'users');
  const options = await newOptions({ channels: [users] });
  const notifier = createNotifier(options);
  const over = { ...message, kind: 'over', audience: 'users' as const, after: ['late'] };
  const nobody = { file: 'not needed', channels: {}, isRepeated: false };
  expect(await notifier.notify(over)).toEqual(nobody);
  await notifier.notify({ ...message, kind: 'late', audience: 'users' });
  await notifier.notify({ ...message, kind: 'gate-open' });
  expect((await notifier.notify(over)).channels).toEqual({ 'mail to users': 'sent' });
  expect(await createNotifier(options).notify(over)).toMatchObject({ isRepeated: true, file: 'sent' });
  expect(await notifier.notify({ ...over, runId: 'run-2' })).toEqual(nobody);
  expect(users.kept.map(({ kind }) => kind)).toEqual(['late', 'over']);
});

test('a message that is sent twice, even at the same time or by a new process, goes out once', async () => {
  const mail = keeping('mail');
  const options = await newOptions({ channels: [mail] });
  const notifier = createNotifier(options);
  await Promise.all([notifier.notify(message), notifier.notify(message)]);
  const again = await createNotifier(options).notify(message);
  expect(again).toEqual({ file: 'sent', channels: { mail: 'sent' }, isRepeated: true });
  expect(mail.kept).toHaveLength(1);
  expect(await linesOf(options.file)).toHaveLength(2);
});

test('a gate that reopens is told again under its own key', async () => {
  const options = await newOptions();
  const notifier = createNotifier(options);
  await notifier.notify(message);
  expect((await notifier.notify({ ...message, key: 'run-1/gate-open/2' })).isRepeated).toBe(false);
});

test('a message that a crash cut off before it was mailed is mailed by the repetition', async () => {
  const mail = keeping('mail');
  const options = await newOptions();
  await createNotifier(options).notify(message);
  await appendFile(options.file, '{"at":"2024-');
  const after = createNotifier({ ...options, channels: [mail] });
  expect(await after.notify(message)).toMatchObject({ channels: { mail: 'sent' }, isRepeated: true });
  expect((await after.notify(message)).channels).toEqual({ mail: 'sent' });
  expect(mail.kept).toHaveLength(1);
});
