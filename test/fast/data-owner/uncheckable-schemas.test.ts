import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { besideThisProcess } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { optimizeOrCopy } from '../../../activities/database/optimize-or-copy.ts';
import { judgeDatabase } from '../../../activities/restores/judge-database.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

/** An app may bring collations and functions along; keys that SQLite cannot check stay unnoticed while it checks none. */
const schemas: readonly [string, (app: Database.Database) => void, RegExp | null][] = [
  [
    'a foreign key to what is not unique',
    (app) =>
      app.exec(`CREATE TABLE teams (name TEXT);
        CREATE TABLE members (team TEXT REFERENCES teams(name));
        INSERT INTO teams VALUES ('red'); INSERT INTO members VALUES ('red')`),
    /foreign keys of table members: foreign key mismatch .*not unique/,
  ],
  [
    'an index with a collation of the app',
    (app) => {
      app.exec('CREATE INDEX by_name ON users (email COLLATE NOCASE)');
      rewrite(app, `sql = replace(sql, 'NOCASE', 'APP_DE') WHERE name = 'by_name'`);
    },
    /table users, more than the form of its pages: no such collation sequence: APP_DE .*only the app knows/,
  ],
  [
    'a key with a collation of the app',
    (app) => {
      app.exec(`CREATE TABLE words (word TEXT COLLATE NOCASE PRIMARY KEY) WITHOUT ROWID;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9000) INSERT INTO words SELECT 'word ' || i FROM n`);
      rewrite(app, `sql = replace(sql, 'NOCASE', 'APP_DE') WHERE name = 'words'`);
    },
    /table words, .*no such collation sequence: APP_DE/,
  ],
  [
    'a CHECK that calls a function of the app',
    (app) => {
      app.function('app_is_valid', { deterministic: true }, (code) => (code === '' ? 0 : 1));
      app.exec(`CREATE TABLE orders (id INTEGER PRIMARY KEY, code TEXT CHECK (app_is_valid(code)));
        INSERT INTO orders (code) VALUES ('a'), ('b')`);
    },
    // SQLite evaluates none in a database that is only read.
    null,
  ],
  [
    'an index over a function of the app',
    (app) => {
      app.function('app_slug', { deterministic: true }, (text) => String(text).slice(0, 3));
      app.exec('CREATE INDEX by_slug ON audit_logs (app_slug(message))');
    },
    /table audit_logs, its indexes: .*function: app_slug\(\).*only the app can call it/,
  ],
];

const { createBackup, verifyBackup, stageRestore, compareWithStaged, swapInRestored, salvageRows } =
  operations;

describe.each(schemas)('a database with %s', (_what, change, why) => {
  it('is not damaged: what cannot be checked is named, with what SQLite said', async () => {
    const site = siteWith(change);
    const { database } = site;
    const quick = await operations.inspectDatabase({ database, full: false }, context);
    expect(quick).toMatchObject({ integrity: 'ok', tables: { users: 400, audit_logs: 400 } });
    const inspected = await operations.inspectDatabase({ database, full: true }, context);
    expect(inspected).toMatchObject({ integrity: 'ok', foreignKeyViolations: 0, tables: quick.tables });
    expect(inspected.notProven.join('; ')).toMatch(why ?? /^$/);
    const { state, checks } = judgeDatabase({ inspected }, ['users', 'audit_logs']);
    expect(state).toBe(why === null ? 'sound' : 'doubtful');
    expect(checks[0]).toMatchObject(
      why === null ? { status: 'pass' } : { status: 'not proven', got: expect.stringMatching(why) },
    );
    expect(checks.map(({ status }) => status)).not.toContain('fail');
  });

  it('can be backed up, verified as far as that goes, and restored', async () => {
    const site = siteWith(change);
    const { database, uploads, archive, manifest, scratch } = site;
    const made = await createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
    const verified = await verifyBackup({ archive, manifest, scratch, full: true }, context);
    expect(verified.notProven.join('; ')).toMatch(why ?? /^$/);
    expect(verified.findings).toEqual(verified.notProven);
    expect(verified.database.tables).toEqual(made.database.tables);
    inApp(site, (app) => void app.pragma('user_version = 8'));
    const staged = await stageRestore(stageArgs(site), context);
    const { findings, notProven } = verified;
    expect(staged).toMatchObject({ findings, notProven });
    expect((await compareWithStaged(placeOf(site), context)).unreadable).toBeNull();
    await swapInRestored(placeOf(site));
    expect(inApp(site, versionOf)).toBe(7);
    expect((await salvageRows(placeOf(site), context)).unreadable).toBeNull();
  });

  it('is damaged when a page of it is', async () => {
    const site = siteWith(change);
    damageUsers(site);
    const { integrity } = await operations.inspectDatabase({ database: site.database, full: true }, context);
    expect(integrity).not.toBe('ok');
  });
});

it.each(schemas.slice(1))(
  'a database with %s is left to the app to tidy, on the copy that is measured too',
  async (_what, change) => {
    const { database, asideDir, scratch } = siteWith(change);
    const before = readFileSync(database);
    const place = { database, asideDir, runId: 'run-1' };
    const ofTheApp = {
      code: 'NEEDS_THE_APP',
      retryable: false,
      hint: expect.stringContaining('only the app'),
    };
    await expect(operations.measureOptimize({ database, scratch }, context)).rejects.toMatchObject(ofTheApp);
    await expect(operations.optimizeDatabase(place, context)).rejects.toMatchObject(ofTheApp);
    expect(readFileSync(database).equals(before)).toBe(true);
    const asked = [place, { signal: context.signal }] as const;
    const told = await optimizeOrCopy(besideThisProcess(), ...asked);
    expect(told.join()).toContain('a copy, the same byte for byte');
    expect(readFileSync(database).equals(before)).toBe(true);
    // As the repeat of a step asks: the answer of before, and nothing is done again.
    expect(await optimizeOrCopy(besideThisProcess(), ...asked)).toEqual(told);
  },
);

it('rows are counted exactly where an index, or the table itself, cannot be used', async () => {
  const site = siteWith((app) => {
    for (const [, change] of schemas.slice(1, 3)) change(app);
  });
  const { tables } = await operations.inspectDatabase({ database: site.database, full: false }, context);
  expect(tables).toEqual({ users: 400, audit_logs: 400, words: 9_000 });
});

function siteWith(change: (app: Database.Database) => void): Site {
  const site = buildSite({ rows: 600, files: 1, journal: 'delete', own: false });
  inApp(site, change);
  return site;
}

function inApp<T>({ database }: Site, work: (app: Database.Database) => T): T {
  const app = new Database(database);
  try {
    app.pragma('foreign_keys = OFF');
    return work(app);
  } finally {
    app.close();
  }
}

function versionOf(app: Database.Database): unknown {
  return app.pragma('user_version', { simple: true });
}

function damageUsers(site: Site): void {
  const page = inApp(site, (app) =>
    app
      .prepare<[], number>(`SELECT max(pageno) FROM dbstat WHERE name = 'users' AND pagetype = 'leaf'`)
      .pluck()
      .get(),
  );
  const bytes = readFileSync(site.database);
  bytes.fill(0xff, ((page ?? 0) - 1) * 8_192, (page ?? 0) * 8_192);
  writeFileSync(site.database, bytes);
}

/** What SQLite itself would not let one write who has not got what the app brings along. */
function rewrite(app: Database.Database, assignment: string): void {
  app.unsafeMode(true);
  app.pragma('writable_schema = ON');
  app.exec(`UPDATE sqlite_schema SET ${assignment}`);
}
