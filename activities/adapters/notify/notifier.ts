import { withinTime } from '../within-time.ts';
import type { Channel, Notification } from './notification.ts';
import { keyOf } from './notification.ts';
import { lastKind, type Noted, readNoted, writeMessage, writeResult } from './notification-file.ts';
import { sentOrWhyNot } from './sent-or-why-not.ts';

/** Where messages go. The file is always written; the channels are used all at once. */
export interface NotifierOptions {
  readonly file: string;
  readonly channels: readonly Channel[];
  /** Longest wait for each channel, and for each reading and writing of the file. */
  readonly timeoutMs: number;
}

/** How each channel ended, by its name: `sent` or `failed: why`; no channel for what was `not needed`. `isRepeated`: the message was in the file already. */
export interface NotificationResult {
  readonly file: string;
  readonly channels: Readonly<Record<string, string>>;
  readonly isRepeated: boolean;
}

/** Tells people about a run. */
export interface Notifier {
  notify(message: Notification): Promise<NotificationResult>;
}

/**
 * Makes the notifier of a host. `notify` never throws: a channel that fails is part of the result, because a run must
 * not fail over a mail server. A key is sent once; only what a crash cut off is made up for by a repetition.
 */
export const createNotifier = (options: NotifierOptions): Notifier => {
  let last: Promise<unknown> = Promise.resolve();
  return {
    notify: async (message) => {
      // One after the other, so that two attempts of one activity cannot both find the key missing.
      const current = last.then(() => notifyOnce(options, message));
      last = current;
      return current;
    },
  };
};

const notifyOnce = async (
  { file, channels, timeoutMs }: NotifierOptions,
  message: Notification,
): Promise<NotificationResult> => {
  const key = keyOf(message);
  const nothing: Noted = { isWritten: false, channels: {} };
  const noted = await withinTime(timeoutMs, async () => readNoted(file, key)).catch(() => nothing);
  if (!noted.isWritten && !(await isMeantNow(file, message, timeoutMs)))
    return { file: 'not needed', channels: {}, isRepeated: false };
  const fileResult = noted.isWritten
    ? 'sent'
    : await sentOrWhyNot(timeoutMs, async () => writeMessage(file, message));
  const meant = channels.filter(({ audience }) => audience === (message.audience ?? 'operators'));
  const results = await Promise.all(
    meant.map(async ({ name, send }): Promise<[string, string]> => {
      const before = noted.channels[name];
      return [name, before ?? (await sentOrWhyNot(timeoutMs, () => send(message, timeoutMs)))];
    }),
  );
  // One line after the other: two at once could mix.
  const isNew = ([name]: [string, string]) => noted.channels[name] === undefined;
  const write = async () => {
    for (const [name, result] of results.filter(isNew)) await writeResult(file, key, name, result);
  };
  await withinTime(timeoutMs, write).catch(() => undefined);
  return { file: fileResult, channels: Object.fromEntries(results), isRepeated: noted.isWritten };
};

/** Who heard nothing that this message ends is not told; a file that cannot be read says nothing of it. */
const isMeantNow = async (
  file: string,
  { after, audience = 'operators' }: Notification,
  timeoutMs: number,
): Promise<boolean> => {
  if (after === undefined) return true;
  const last = await withinTime(timeoutMs, async () => lastKind(file, audience)).catch(() => null);
  return last !== null && after.includes(last);
};
