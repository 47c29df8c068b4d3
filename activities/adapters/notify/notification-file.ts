import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { leaveToFolderOwner } from '../machine/leave-to-folder-owner.ts';
import { type Audience, keyOf, type Notification } from './notification.ts';

/** What the file says about one key: whether the message is in it, and how each channel ended. */
export type Noted = {
  readonly isWritten: boolean;
  readonly channels: Readonly<Partial<Record<string, string>>>;
};

/** Only the end of the file is searched for a key: a repetition follows its first attempt within minutes. */
const SEARCHED_BYTES = 1024 * 1024;

/** Reads what was noted for a key; nothing when there is no file yet. */
export const readNoted = async (file: string, key: string): Promise<Noted> => {
  const entries = parseLines(await readEnd(file)).filter((entry) => entry['key'] === key);
  const channels: Partial<Record<string, string>> = {};
  for (const { channel, result } of entries) {
    if (typeof channel === 'string' && typeof result === 'string') channels[channel] = result;
  }
  return { isWritten: entries.some((entry) => typeof entry['subject'] === 'string'), channels };
};

/** The kind of the latest message to an audience; null when it got none. */
export const lastKind = async (file: string, audience: Audience): Promise<string | null> => {
  const last = parseLines(await readEnd(file)).findLast((entry) => entry['audience'] === audience);
  return typeof last?.['kind'] === 'string' ? last['kind'] : null;
};

/** Appends the message as one JSON line, on disk when this returns (mode 0640, folder made when it is missing). */
export const writeMessage = async (file: string, message: Notification): Promise<void> => {
  const { runId, kind, subject, text, audience = 'operators' } = message;
  await append(file, { key: keyOf(message), runId, kind, audience, subject, text });
};

/** Appends how a channel ended, so that a repetition does not send again. */
export const writeResult = async (
  file: string,
  key: string,
  channel: string,
  result: string,
): Promise<void> => append(file, { key, channel, result });

const append = async (file: string, entry: object): Promise<void> => {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o750 });
  const handle = await open(file, 'a+', 0o640);
  leaveToFolderOwner(file);
  try {
    // A line that a power cut left without its end must not swallow this one.
    const prefix = (await endsWithLineBreak(handle)) ? '' : '\n';
    await handle.appendFile(`${prefix}${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
};

type Handle = Awaited<ReturnType<typeof open>>;

const endsWithLineBreak = async (handle: Handle): Promise<boolean> => {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === '\n';
};

const readEnd = async (file: string): Promise<string> => {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (handle === null) return '';
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, SEARCHED_BYTES);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
};

const parseLines = (text: string): Readonly<Record<string, unknown>>[] =>
  text.split('\n').flatMap((line) => {
    try {
      const value: unknown = JSON.parse(line);
      return typeof value === 'object' && value !== null ? [{ ...value }] : [];
    } catch {
      // The first line may be cut by where the search began, the last one by a power cut.
      return [];
    }
  });
