import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { schemaReads } from '../../../activities/database/schema.ts';
import { planReads, projectFilesOf } from '../../../activities/survey/plan-check.ts';
import { buildSite, context } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';

test.each([
  ['wrote rows', "INSERT INTO users (email) VALUES ('new@example.org')", false, false],
  ['changed the schema', 'ALTER TABLE users ADD COLUMN note TEXT', true, true],
  ['migrated the data alone', 'UPDATE users SET email = upper(email); PRAGMA user_version = 8', true, false],
])(
  'what the old version may not know is seen after one that %s',
  async (_what, sql, changed, isSeenByHash) => {
    const site = buildSite({ rows: 9, files: 1, own: false });
    const { inspectDatabase } = operations;
    const data = {
      inspectDatabase: (args: { database: string; full: boolean }) => inspectDatabase(args, context),
    };
    const { config } = smallHost(site);
    const { schemaHash, userVersion } = await inspectDatabase(
      { database: site.database, full: false },
      context,
    );
    const app = new Database(site.database);
    app.exec(sql);
    app.close();
    const { compareSchema } = schemaReads({ config, data });
    expect(await compareSchema(run(), { schemaHash, userVersion })).toEqual({ changed });
    // A run of an earlier version noted no user_version.
    expect(await compareSchema(run(), { schemaHash })).toEqual({ changed: isSeenByHash });
    const docker = {
      projectContainers: () => Promise.resolve([]),
      inspectImage: () => Promise.resolve(null),
    };
    const approved = {
      services: [],
      projectFiles: await projectFilesOf(config),
      schemaHash,
      userVersion,
      images: [],
    };
    const { host } = await planReads({ config, docker, data }).compareHost(run(), approved);
    expect(host).toEqual(changed ? ['the live database has another schema, or another user_version'] : []);
  },
);
