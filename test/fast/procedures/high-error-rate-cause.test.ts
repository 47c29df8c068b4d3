import { expect, test } from 'vitest';
import { causeOfErrors, type ErrorFindings } from '../../../workflows/procedures/high-error-rate-cause.ts';

const fine: ErrorFindings = {
  rate: { seconds: 300, requests: 100, errors: 20, percent: 20, byStatus: { 500: 20 }, told: '' },
  logs: { lines: [], appErrors: 0 },
  database: { checks: [], problem: null, holders: [] },
  resources: { checks: [], lines: [], fullDisks: [], approvalTimeoutSeconds: 60 },
  appAnswers: true,
};
const held = (service: string | null) => ({
  ...fine.database,
  holders: [{ pid: 4242, command: 'sqlite3', service }],
});

test.each<[string, Partial<ErrorFindings>, string, boolean]>([
  [
    'a damaged database',
    { database: { ...fine.database, problem: 'DATABASE_CORRUPT' }, appAnswers: false },
    'damaged',
    false,
  ],
  [
    'a database that is gone',
    { database: { ...fine.database, problem: 'DATABASE_MISSING' } },
    'damaged or gone',
    false,
  ],
  [
    'a full disk',
    { resources: { ...fine.resources, fullDisks: ['/opt/fdts'] }, appAnswers: false },
    '/opt/fdts',
    false,
  ],
  [
    'a lock of another program',
    { database: held(null), logs: { lines: [], appErrors: 9 } },
    'sqlite3 (pid 4242)',
    false,
  ],
  ['a lock of the backup', { database: held('backup') }, 'service backup', false],
  ['a lock of the app', { database: held('app') }, 'the app keeps the database locked', true],
  [
    'a database that is busy',
    { database: { ...fine.database, problem: 'DATABASE_IN_USE' } },
    'cannot be read',
    true,
  ],
  ['an app that is not healthy', { appAnswers: false }, 'does not answer', true],
  ['errors in the log of the app', { logs: { lines: [], appErrors: 20 } }, '20 in its log', true],
  [
    'a proxy that does not get through',
    { rate: { ...fine.rate, byStatus: { 502: 10, 500: 10 } } },
    '10 of 20',
    true,
  ],
  ['neither', {}, 'neither', false],
])('%s', (_, found, cause, restartHelps) => {
  const told = causeOfErrors({ ...fine, ...found }, 'app');
  expect(told.cause).toContain(cause);
  expect(told.restartHelps).toBe(restartHelps);
  expect(told.answer).not.toBe('');
});

test('whoever holds the lock is named with the command that ends it', () => {
  expect(causeOfErrors({ ...fine, database: held(null) }, 'app').answer).toContain('sudo kill 4242');
});
