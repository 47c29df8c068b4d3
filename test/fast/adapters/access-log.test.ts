import { appendFile, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readAccessLine } from '../../../activities/adapters/logs/access-log-line.ts';
import { recentLines } from '../../../activities/adapters/logs/recent-lines.ts';

const combined = {
  format: 'combined',
  timeField: 'time',
  statusField: 'status',
  agentField: 'agent',
} as const;
const json = { ...combined, format: 'json' } as const;
const at = Date.parse('2026-11-25T18:00:01Z');

describe('a line of an access log', () => {
  it.each([
    [
      'an error of the proxy',
      '2026/11/25 18:00:01 [error] 7#7: *1 connect() failed (111: Connection refused)',
    ],
    ['nothing', ''],
    ['a line that was cut', '10.0.0.1 - - [25/Nov/2026:18:00:01 +0000] "GET / HT'],
    ['JSON', '{"status":500}'],
  ])('is no request: %s', (_, line) => expect(readAccessLine(line, combined)).toBeNull());

  it.each([
    [
      'of a user',
      '10.0.0.1 - ada [25/Nov/2026:19:00:01 +0100] "GET /api/files HTTP/1.1" 502 157 "-" "Mozilla/5.0"',
      502,
      false,
    ],
    [
      'of fdts-ops',
      '::1 - - [25/Nov/2026:18:00:01 +0000] "GET /api/health HTTP/1.1" 200 5 "-" "fdts-ops"',
      200,
      true,
    ],
    ['without agent', '10.0.0.1 - - [25/Nov/2026:18:00:01 +0000] "" 400 -', 400, false],
  ])('is a request %s', (_, line, status, isOwn) =>
    expect(readAccessLine(line, combined)).toEqual({ status, at, isOwn }),
  );

  it.each([
    [
      'ISO time',
      '{"time":"2026-11-25T18:00:01+00:00","status":503,"agent":"curl"}',
      { status: 503, at, isOwn: false },
    ],
    [
      'seconds, as text',
      `{"time":"${at / 1000}","status":"200","agent":"fdts-ops"}`,
      { status: 200, at, isOwn: true },
    ],
    ['no time', '{"status":500}', { status: 500, at: null, isOwn: false }],
    ['no status', '{"time":"2026-11-25T18:00:01Z"}', null],
    ['not an object', '7', null],
    ['no JSON', '10.0.0.1 - - [25/Nov/2026:18:00:01 +0000] "GET / HTTP/1.1" 200 1', null],
  ])('in JSON: %s', (_, line, entry) => expect(readAccessLine(line, json)).toEqual(entry));
});

it('what was rotated away within the time is read too, older files are not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'access.log');
  await writeFile(file, 'before\n');
  await rename(file, `${file}.1`);
  await appendFile(file, 'after\n');
  const linesSince = async (since: number): Promise<string[]> => {
    const lines: string[] = [];
    for await (const line of recentLines(file, since)) lines.push(line);
    return lines;
  };
  expect(await linesSince(Date.now() - 60_000)).toEqual(['before', 'after']);
  await utimes(`${file}.1`, 1, 1);
  expect(await linesSince(Date.now() - 60_000)).toEqual(['after']);
  await rm(file);
  await expect(linesSince(0)).rejects.toMatchObject({
    code: 'LOG_UNREADABLE',
    hint: expect.stringContaining('accessLog.file'),
  });
});
