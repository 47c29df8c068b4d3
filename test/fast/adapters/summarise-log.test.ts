import { describe, expect, it } from 'vitest';
import { logFingerprint } from '../../../activities/adapters/logs/log-fingerprint.ts';
import { readLogLine } from '../../../activities/adapters/logs/log-line.ts';
import { summariseLog } from '../../../activities/adapters/logs/summarise-log.ts';

const levelOf = (line: string): string | undefined => readLogLine(line)?.level;

describe('the level of a log line', () => {
  it.each([
    '0 errors',
    'scan finished: 0 errors, 3 files',
    'backup done, no errors found',
    'checked without any errors',
    'errors=0 warnings=0',
    'error_count: 0',
    'GET "/error-page" served',
  ])('"%s" is no error', (line) => {
    expect(levelOf(line)).not.toMatch(/error|fatal/);
  });

  it.each([
    ['{"level":"error","msg":"x"}', 'error'],
    ['{"level":50,"msg":"x"}', 'error'],
    ['{"severity":"WARNING","message":"x"}', 'warn'],
    ['{"level":"info","msg":"0 errors"}', 'info'],
    [
      '2026/11/01 02:00:00 [error] 31#31: *5 connect() failed (111: Connection refused) while connecting',
      'error',
    ],
    ['2026/11/01 02:00:00 [notice] 1#1: start worker process 31', 'info'],
    ['10.0.0.1 - - [01/Nov/2026:02:00:00 +0000] "GET /error HTTP/1.1" 200 12 "-" "curl"', 'info'],
    ['10.0.0.1 - - [01/Nov/2026:02:00:00 +0000] "GET / HTTP/1.1" 502 12 "-" "curl"', 'error'],
    ['2026-11-01T02:00:00.000Z ERROR could not write', 'error'],
    ['Error: SQLITE_BUSY: database is locked', 'error'],
    ['TypeError: x is not a function', 'error'],
    ['level=warn msg="slow query"', 'warn'],
    ['1 errors in the last hour', 'error'],
    ['FATAL: out of memory', 'fatal'],
    ['listening on port 3001', 'unknown'],
    ['{"level":"error"', 'error'],
  ])('%s is %s', (line, level) => {
    expect(levelOf(line)).toBe(level);
  });

  it('counts a stack trace once', async () => {
    const { lines, byLevel } = await summariseLog([
      'Error: x',
      '    at f (/app/a.js:1:2)',
      '    at g (/app/b.js:3:4)',
      '',
    ]);
    expect([lines, byLevel.error]).toEqual([1, 1]);
  });
});

describe('the fingerprint of a message', () => {
  it.each([
    ['login failed for "Ada Lovelace" from 10.1.2.3', 'login failed for … from <address>'],
    ['login failed for ada@example.com', 'login failed for <address>'],
    ["no such file 'letter to bob.pdf' in /app/uploads/ada/x.pdf", 'no such file … in <path>'],
    ['user=ada id=42 took 12.5ms', 'user=… id=… took <n>ms'],
    [
      'request 3f2504e0-4f89-11d3-9a0c-0305e82c3301 from fe80::1 failed after 30s',
      'request <id> from <address> failed after <n>s',
    ],
    ['connect to http://10.0.0.2:3001/api/users/7?token=abc failed', 'connect to <address> failed'],
    ['bad token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.c2ln', 'bad token <id>'],
    ['could not parse "unfinished name of Ada', 'could not parse …'],
    ['SQLITE_BUSY: database is locked', 'SQLITE_BUSY: database is locked'],
  ])('of %s', (message, fingerprint) => {
    expect(logFingerprint(message)).toBe(fingerprint);
  });

  it('is that of the message in the engine’s own log format', async () => {
    const line =
      'time="2026-11-01T02:00:00Z" level=error msg="failed to load layer 7 of \\"ada\\"" container=abc';
    expect((await summariseLog([line])).fingerprints).toEqual([
      { level: 'error', count: 1, fingerprint: expect.stringMatching(/^failed to load layer <n> of/) },
    ]);
  });

  it('joins what differs only in who and when, worst first', async () => {
    const summary = await summariseLog([
      '{"level":"warn","msg":"slow query took 900 ms"}',
      '{"level":"error","msg":"upload 17 of ada@example.com failed","password":"hunter2"}',
      '{"level":"error","msg":"upload 18 of bob@example.com failed"}',
      '{"level":"info","msg":"secret info"}',
    ]);
    expect(summary.fingerprints).toEqual([
      { level: 'error', count: 2, fingerprint: 'upload <n> of <address> failed' },
      { level: 'warn', count: 1, fingerprint: 'slow query took <n> ms' },
    ]);
    expect(JSON.stringify(summary)).not.toMatch(/hunter2|ada|secret/);
  });
});
