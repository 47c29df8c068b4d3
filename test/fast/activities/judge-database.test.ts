import { writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { corruptionReads } from '../../../activities/restores/corruption.ts';
import { judgeDatabase, look } from '../../../activities/restores/judge-database.ts';
import { buildSite, dataOwner, type Site } from '../data-owner/support/build-site.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

const core = ['users', 'audit_logs'];
const judged = async ({ database }: Pick<Site, 'database'>, known = {}) =>
  judgeDatabase(await look(() => dataOwner.inspectDatabase({ database, full: true })), core, known);

function changed(sql: string): Site {
  const site = buildSite({ rows: 200, files: 1, journal: 'delete' });
  const app = new Database(site.database);
  app.pragma('foreign_keys = OFF');
  app.exec(sql);
  app.close();
  return site;
}

it('a whole database is sound, with its rows in the checks', async () => {
  const { state, checks } = await judged(buildSite({ rows: 200, files: 1 }));
  expect(state).toBe('sound');
  expect(checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass']);
  expect(checks[1]?.got).toMatch(/\d+ users, \d+ audit_logs/);
});

it('rows that point nowhere make it doubtful: a whole file, no reason to stop anything', async () => {
  const { state, checks } = await judged(changed('DELETE FROM users WHERE id = 5'));
  expect(state).toBe('doubtful');
  expect(checks[2]).toMatchObject({ status: 'fail', got: expect.stringMatching(/^[1-9]\d* rows$/) });
});

it.each([
  ['overwritten', (site: Site) => writeFileSync(site.database, Buffer.alloc(65_536, 0xff))],
  ['emptied', (site: Site) => writeFileSync(site.database, '')],
])('a file that was %s is corrupt, and not an empty database that is ok', async (_how, damage) => {
  const site = buildSite({ rows: 200, files: 1, journal: 'delete' });
  damage(site);
  expect(await judged(site)).toMatchObject({
    state: 'corrupt',
    checks: [{ status: 'fail', answer: 'fdts-ops start databaseCorruption' }],
  });
});

it('a file that is missing is corrupt, and is not made', async () => {
  const site = buildSite({ rows: 1, files: 1 });
  const database = `${site.database}-missing`;
  expect((await judged({ database })).state).toBe('corrupt');
});

it('a database of another program is corrupt: it lacks the tables of the app', async () => {
  const { state, checks } = await judged(changed('DROP TABLE audit_logs'));
  expect(state).toBe('corrupt');
  expect(checks[1]?.got).toBe('missing or unreadable: audit_logs');
});

it('a table that is missing in a whole database which serves users makes it doubtful: the setting may be stale', async () => {
  const renamed = changed('ALTER TABLE audit_logs RENAME TO audit_entries');
  const { state, checks } = await judged(renamed, { isServing: true });
  expect(state).toBe('doubtful');
  expect(checks[1]).toMatchObject({
    status: 'fail',
    got: 'missing or unreadable: audit_logs',
    answer: expect.stringMatching(/data\.coreTables.*restoreBackup/),
  });
  expect((await judged(renamed, { isServing: true, closed: true })).state).toBe('corrupt');
});

it.each([
  ['without any rows', 'DELETE FROM audit_logs; DELETE FROM users; DROP TABLE audit_logs'],
  ['that is damaged', 'DROP TABLE audit_logs'],
])('a database %s is corrupt, whatever is served still', async (how, sql) => {
  const site = changed(sql);
  if (how === 'that is damaged') writeFileSync(site.database, Buffer.alloc(4096, 0xff), { flag: 'r+' });
  expect((await judged(site, { isServing: true })).state).toBe('corrupt');
});

it('whoever checks the live database knows whether it serves', async () => {
  const site = changed('DROP TABLE audit_logs');
  const state = async (isServing: boolean) => {
    const { checkDatabase } = corruptionReads(surveyHost(site, { isServing }));
    return (await checkDatabase(run(), { closed: false })).state;
  };
  expect([await state(true), await state(false)]).toEqual(['doubtful', 'corrupt']);
});

it('a look that fails for another reason proves nothing', async () => {
  await expect(look(failing)).rejects.toMatchObject({ code: 'CHILD_ENDED' });
});

async function failing(): Promise<never> {
  throw new OperationError({
    code: 'CHILD_ENDED',
    operation: 'inspectDatabase',
    target: 'x',
    cause: 'killed',
    hint: 'again',
    retryable: true,
  });
}
