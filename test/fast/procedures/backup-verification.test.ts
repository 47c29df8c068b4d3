import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ArchiveVerdict, FoundArchive } from '../../../workflows/contracts/backup-verdict.ts';
import { type Behaviour, fails, gives, hangs, ScriptedRuns } from '../../support/scripted-runs.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';

const runs = new ScriptedRuns();
let world: TemporalWorld;

beforeAll(async () => {
  world = await startTemporalWorld();
  await world.startWorkers({}, runs.onCall);
});
afterAll(() => world.end());

const found = (name: string, source: FoundArchive['source'] = 'fdts-ops'): FoundArchive => ({
  archive: `/backups/${name}.tar.gz`,
  source,
  bytes: 2_000_000,
  createdAt: '2026-01-04T02:00:00.000Z',
  ageHours: 5,
});

const three = gives({
  archives: [found('one'), found('two', 'site'), found('three')],
  older: 2,
  ignored: ['/backups/x.part, 3 bytes: half-written'],
  checks: [],
});

const verdict = (name: string, more: Partial<ArchiveVerdict> = {}) => ({
  answer: {
    archive: `/backups/${name}.tar.gz`,
    result: 'good',
    reason: '',
    rows: '3 users',
    uploads: 2,
    sha256: 'a',
    ...more,
  },
});

/** The second of the three does what `second` does; the others are good. */
const withSecond = (second: Behaviour) => ({
  findArchives: three,
  verifyArchive: async (call: Parameters<Behaviour>[0], nth: number) =>
    JSON.stringify(call.input).includes('two') ? second(call, nth) : verdict(nth === 1 ? 'one' : 'three'),
});

const bad: Partial<ArchiveVerdict> = { result: 'bad', reason: 'truncated', rows: '', uploads: null };

it('names the one bad archive and what answers it, and hides none of the good ones', async () => {
  const run = await runs.start(
    world,
    'backupVerification',
    withSecond(async () => verdict('two', bad)),
  );
  const { status, report } = await run.end();
  expect({ status, outcome: report.outcome }).toEqual({ status: 'COMPLETED', outcome: 'attention-needed' });
  expect(report.because).toMatch(/backup two.tar.gz in \/backups: bad: truncated \(.*manualBackup/);
  const table = report.sections.find(({ title }) => title.startsWith('Backups'))?.lines;
  expect(table).toEqual([
    'good | one.tar.gz | fdts-ops | /backups | 5.0 h | 2.0 MB | full | 3 users | 2 | -',
    'bad | two.tar.gz | site | /backups | 5.0 h | 2.0 MB | full | - | - | truncated',
    'good | three.tar.gz | fdts-ops | /backups | 5.0 h | 2.0 MB | full | 3 users | 2 | -',
  ]);
  expect(report.sections).toContainEqual({
    title: 'Left out',
    lines: ['2 archives older than 8 days', '/backups/x.part, 3 bytes: half-written'],
  });
  const told = run.calls.filter(({ activity }) => activity === 'announce');
  expect(told.map(({ input }) => JSON.stringify(input))).toEqual([expect.stringContaining('two.tar.gz')]);
});

it('goes on with the others when one cannot be examined, and calls that one not proven', async () => {
  const run = await runs.start(world, 'backupVerification', withSecond(fails('DISK_FULL')));
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(report.checks.filter(({ name }) => name.startsWith('backup ')).map(({ status }) => status)).toEqual([
    'pass',
    'not proven',
    'pass',
  ]);
});

it('a worker that dies in the middle costs one archive a second attempt, the others none', async () => {
  const asked: string[] = [];
  const run = await runs.start(world, 'backupVerification', {
    findArchives: three,
    verifyArchive: async ({ input }) => {
      asked.push(JSON.stringify(input).match(/one|two|three/)?.[0] ?? '');
      if (asked.at(-1) === 'two' && asked.length === 2) throw new Error('this attempt is lost');
      return verdict(asked.at(-1) ?? '');
    },
  });
  expect((await run.end()).report.outcome).toBe('completed');
  expect(asked).toEqual(['one', 'two', 'two', 'three']);
});

it('takes no hold, so that a window is neither refused nor waited for', async () => {
  const run = await runs.start(world, 'backupVerification', { findArchives: three });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(run.calls.map(({ activity }) => activity)).toEqual([
    'resolveHost',
    'identifyHost',
    'findArchives',
    'verifyArchive',
    'verifyArchive',
    'verifyArchive',
    'bootArchive',
    'checkBackups',
    'finishRun',
  ]);
});

const booted = (more: object) =>
  gives({ archive: '/backups/one.tar.gz', result: 'good', reason: '', checks: [], seconds: 4, ...more });

const firstIsBad = async ({ input }: { input: unknown }) =>
  JSON.stringify(input).includes('one') ? verdict('one', bad) : verdict('two');

it('boots the app from the newest good one, not from a bad one that is newer', async () => {
  const run = await runs.start(world, 'backupVerification', {
    findArchives: three,
    verifyArchive: firstIsBad,
  });
  await run.end();
  const asked = run.calls.filter(({ activity }) => activity === 'bootArchive').map(({ input }) => input);
  expect(asked).toEqual([{ archive: '/backups/two.tar.gz', source: 'site' }]);
});

it('an app that does not run on the newest good one needs attention, and the answer is named', async () => {
  const run = await runs.start(world, 'backupVerification', {
    bootArchive: booted({ result: 'bad', reason: 'login: answered 401', seconds: null }),
  });
  const { report } = await run.end();
  expect(report.outcome).toBe('attention-needed');
  expect(report.because).toMatch(/the app runs on backup .*: bad: login: answered 401 .*manualBackup/);
});

it.each([
  ['one that refuses', booted({ result: 'not proven', reason: 'services.app is privileged', seconds: null })],
  ['one that fails', fails('DISK_FULL')],
])('a machine that can make no copy (%s) proves nothing against the backup', async (_name, bootArchive) => {
  const run = await runs.start(world, 'backupVerification', { bootArchive });
  const { report } = await run.end();
  expect(report.outcome).toBe('completed');
  expect(report.checks.find(({ name }) => name.startsWith('the app runs'))?.status).toBe('not proven');
});

it.each([{ mode: 'quick' }, { mode: 'full' }, { dryRun: true }])('%j: boots nothing', async (input) => {
  const run = await runs.start(world, 'backupVerification', {}, input);
  const { report } = await run.end();
  expect(report.steps.find(({ id }) => id === 'boot-newest')?.status).toBe('skipped');
  expect(run.calls.map(({ activity }) => activity)).not.toContain('bootArchive');
});

it('a good archive alone is not enough: the newest one has to be recent', async () => {
  const old = { name: 'a recent verified backup exists', status: 'fail', expected: '48 h', got: '70 h' };
  const run = await runs.start(world, 'backupVerification', { checkBackups: gives({ checks: [old] }) });
  expect((await run.end()).report).toMatchObject({
    outcome: 'attention-needed',
    because: expect.stringContaining('a recent verified backup exists: 70 h'),
  });
});

it('an abort in the middle ends it at once, and reports what was found by then', async () => {
  const run = await runs.start(world, 'backupVerification', withSecond(hangs));
  await run.reached('verifyArchive');
  await expect.poll(() => run.calls.filter(({ activity }) => activity === 'verifyArchive').length).toBe(2);
  await run.says('abort', { by: 'Ada' });
  const { type, report } = await run.end();
  expect(type).toBe('aborted');
  expect(report.sections[0]?.lines).toEqual([expect.stringMatching(/^good \| one/)]);
});

it.each([
  [{ mode: 'quick', days: 3 }, { mode: 'quick', record: true }, { days: 3 }],
  [{ dryRun: true }, { mode: 'full', record: false }, { days: 8 }],
])('%j: what the host is asked for', async (input, verify, find) => {
  const run = await runs.start(world, 'backupVerification', {}, input);
  await run.end();
  const inputOf = (activity: string) => run.calls.find((call) => call.activity === activity)?.input;
  expect(inputOf('verifyArchive')).toMatchObject(verify);
  expect(inputOf('findArchives')).toEqual(find);
});

it.each([
  [{ mode: 'deeper' }, 'mode: got "deeper", expected one of "quick", "full", "deep"'],
  [{ days: 0 }, 'days: got 0, expected a whole number above 0'],
  [{ days: 2.5 }, 'days: got 2.5, expected a whole number above 0'],
])('%j is refused before anything is read', async (input, says) => {
  const run = await runs.start(world, 'backupVerification', {}, input);
  const { type, report } = await run.end();
  expect({ type, because: report.because }).toEqual({
    type: 'refused',
    because: expect.stringContaining(says),
  });
  expect(run.calls).toEqual([]);
});
