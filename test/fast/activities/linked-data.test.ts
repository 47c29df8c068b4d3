import { mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { rewriteModel } from '../../../activities/adapters/project-copy/rewrite-model.ts';
import { withRealMounts } from '../../../activities/adapters/site/real-path.ts';
import { bundleContents } from '../../../activities/backups/bundle-contents.ts';
import { dataNames } from '../../../activities/database/data-names.ts';
import { databasePlaces } from '../../../activities/database/database-places.ts';
import { usersOfData } from '../../../activities/survey/users-of-data.ts';
import { buildSite, type Site } from '../data-owner/support/build-site.ts';
import { projectContainer } from './support/project-container.ts';
import { run } from './support/small-host.ts';
import { surveyHost } from './support/survey-host.ts';

/** The data is on another disk, and a link leads there from where it was. */
let site: Site;
let real: string;
let link: string;
beforeEach(() => {
  site = buildSite({ rows: 9, files: 1, own: false });
  link = join(site.root, 'data');
  real = join(site.root, 'ssd', 'data');
  mkdirSync(join(site.root, 'ssd'));
  renameSync(link, real);
  symlinkSync(real, link);
});

const BOTH_WAYS = [
  ['the compose file', () => link, () => real],
  ['the configuration', () => real, () => link],
] as const;

const hostWith = (folder: string, volumes: readonly string[] = []) =>
  surveyHost({ ...site, database: join(folder, 'database.sqlite') }, { volumes });
const mounting = (service: string, source: string) =>
  projectContainer(service, {
    mounts: [{ type: 'bind', name: null, source, target: '/data', readOnly: false }],
  });

test.each(BOTH_WAYS)(
  'whoever mounts the data is stopped, where %s goes through the link',
  async (_who, mounted, named) => {
    const containers = [
      mounting('app', mounted()),
      mounting('reports', mounted()),
      mounting('other', '/etc'),
    ];
    expect(await usersOfData(hostWith(named()), containers)).toEqual(['app', 'nginx', 'reports']);
  },
);

test.each(BOTH_WAYS)(
  'a copy has the data at its own place, where %s goes through the link',
  async (_who, mounted, named) => {
    const { config } = hostWith(named());
    const { database, uploads } = config.data;
    const { document, sources, empty } = rewriteModel({
      resolved: stringify({ services: { app: { volumes: [`${mounted()}:/app/data`] } } }),
      liveName: 'fdts',
      wanted: ['app'],
      urls: [],
      optionalUrls: [],
      images: { app: 'sha256:app' },
      rules: {
        folder: '/copy',
        database,
        databasePlaces: databasePlaces(config),
        uploads,
        dataNames: await dataNames({ database, uploads }, [mounted()]),
        emptyPaths: [],
        volumeFolders: {},
      },
      limits: { memoryMegabytes: 512 },
    });
    expect(parse(document).services.app.volumes).toEqual([
      { type: 'bind', source: `/copy/root${named()}`, target: '/app/data' },
    ]);
    expect({ sources, empty }).toEqual({ sources: [], empty: [named()] });
  },
);

test.each(BOTH_WAYS)(
  'no bundle takes the data, where %s goes through the link',
  async (_who, mounted, named) => {
    const host = hostWith(named(), [`${mounted()}:/app/data`]);
    const { excluded } = await bundleContents(host, run().signal);
    expect(excluded.map(({ path }) => path)).toContain(real);
  },
);

test('what init sees of a mount is where it really leads; volumes and what is not there keep their names', async () => {
  const sources = ['', 'named', '/not/there', link];
  const [found] = await withRealMounts([{ mounts: sources.map((source) => ({ source })) }]);
  expect(found?.mounts.map(({ source }) => source)).toEqual(['', 'named', '/not/there', real]);
});
