import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { chooseProject } from '../../../workers/init/choose-project.ts';
import { renderConfig, suggestConfig } from '../../../workers/init/render-config.ts';
import type { SiteFacts } from '../../../workers/init/site-facts.ts';
import { writeConfigFile } from '../config/write-config-file.ts';
import { asComposeV2, containersOf, database, folder, siteOf, usualFolders } from './sites.ts';

async function configOf(facts: SiteFacts) {
  return loadHostConfig(await writeConfigFile(renderConfig(suggestConfig(facts), 'web-1')));
}

function toDo(facts: SiteFacts): string[] {
  return suggestConfig(facts)
    .filter(({ how }) => how === 'to do')
    .map(({ key }) => key);
}

test('an FDTS like the one of the runbook gives the whole configuration but the two requests', async () => {
  const facts = siteOf(containersOf(), usualFolders);
  const config = await configOf(facts);
  expect(config).toMatchObject({
    host: { name: 'web-1', timezone: 'Europe/Paris' },
    project: {
      folder: '/opt/fdts',
      composeFiles: ['/opt/fdts/docker-compose.yml'],
      name: 'fdts',
      unit: 'fdts.service',
      envFile: '/opt/fdts/.env.production',
    },
    services: { app: 'app', proxy: 'nginx', backup: 'backup' },
    data: {
      database: '/opt/fdts/data/database.sqlite',
      uploads: '/opt/fdts/uploads',
      owner: { uid: 10_001, gid: 10_001 },
      coreTables: ['audit_logs', 'files', 'users'],
    },
    backups: { folder: '/opt/fdts/backups', scratch: '/opt/fdts/.fdts-ops' },
    checks: {
      healthUrl: 'http://127.0.0.1:3001/api/health',
      versionField: 'version',
      proxyUrl: 'http://127.0.0.1/api/health',
      login: null,
      upload: null,
    },
  });
  expect(toDo(facts)).toEqual(['checks.login', 'checks.upload']);
});

test('every value that is not a default says how it was found, and what a person has to put there', () => {
  const text = renderConfig(suggestConfig(siteOf(containersOf(), usualFolders)), 'web-1');
  expect(text).toContain('# Found: label of its containers\n  name: fdts\n');
  expect(text).toMatch(/# Guess: every table of the database [^]*?\n {2}coreTables: \[/);
  expect(text).toMatch(
    /# TO DO: say how a test user logs in[^]*?"not proven" for it\.\n {2}login: null\n {2}# login:/,
  );
  const uncommented = text.replace(/ {2}login: null\n((?: {2}# (?:login:| {2}).*\n)+)/, (_, block: string) =>
    block.replaceAll(/^ {2}# /gm, '  '),
  );
  expect(parse(uncommented)).toHaveProperty('checks.login.passwordFile', '/etc/fdts-ops/smoke-password');
});

test('compose 2 names files absolutely: each of them is kept, in its order', async () => {
  const { project, services } = await configOf(siteOf(containersOf(...asComposeV2), usualFolders));
  expect(project.composeFiles).toEqual([
    '/opt/fdts/docker-compose.yml',
    '/opt/fdts/docker-compose.override.yml',
  ]);
  expect(services).toEqual({ app: 'app', proxy: 'nginx', backup: 'backup' });
});

test('other names, absolute mounts and fixed container names: roles go by what is mounted and published', async () => {
  const containers = containersOf(
    [/\/opt\/fdts\/data/g, '/srv/records/db'],
    [/\/opt\/fdts\/uploads/g, '/mnt/blobs'],
    [/\/opt\/fdts\/backups/g, '/var/backups/records'],
    [/\/opt\/fdts/g, '/home/records'],
    [/"com\.docker\.compose\.project": "fdts"/g, '"com.docker.compose.project": "records"'],
    [/"com\.docker\.compose\.service": "app"/g, '"com.docker.compose.service": "server"'],
    [/"com\.docker\.compose\.service": "nginx"/g, '"com.docker.compose.service": "edge"'],
    [/"com\.docker\.compose\.service": "backup"/g, '"com.docker.compose.service": "nightly"'],
    [/"\/fdts_(\w+)_1"/g, '"/the-$1"'],
  );
  const folders = [
    folder('/srv/records/db', { databases: [database('/srv/records/db/main.db')], mount: '/srv' }),
    folder('/mnt/blobs', { mount: '/mnt/blobs' }),
    folder('/var/backups/records', { backups: 1 }),
  ];
  const facts = siteOf(containers, folders, { units: [], envFiles: [] });
  expect(await configOf(facts)).toMatchObject({
    project: { name: 'records', folder: '/home/records', unit: null, envFile: null },
    services: { app: 'server', proxy: 'edge', backup: 'nightly' },
    data: { database: '/srv/records/db/main.db', uploads: '/mnt/blobs' },
    backups: { folder: '/var/backups/records', scratch: '/srv/records/.fdts-ops' },
  });
});

test('a database of which the file alone is mounted: to do, to mount its folder', () => {
  const file = '/opt/fdts/data/database.sqlite';
  const containers = containersOf([/\/opt\/fdts\/data/g, file]);
  const facts = siteOf(containers, [folder(file, { kind: 'file', databases: [database(file)] })]);
  expect(suggestConfig(facts).find(({ key }) => key === 'data.database')).toMatchObject({
    value: file,
    how: 'to do',
    text: expect.stringMatching(/app.* mounts the file itself: .*mount its folder \(\/opt\/fdts\/data\)/),
  });
});

test('a database that is a mount of its own has nothing beside it to move files to: to do', () => {
  const [data, ...others] = usualFolders;
  const facts = siteOf(containersOf(), [{ ...data!, mount: '/opt/fdts/data' }, ...others]);
  expect(toDo(facts)).toContain('backups.scratch');
});

test('an app alone, without proxy and backups: roles are null, and what is missing is to do', async () => {
  const containers = containersOf()
    .filter(({ service }) => service === 'app')
    .map((one) => ({ ...one, publishedPorts: [] }));
  const facts = siteOf(containers, usualFolders.slice(0, 2), {
    health: { found: null, redirected: false },
    proxyHealth: { found: null, redirected: true },
  });
  expect((await configOf(facts)).services).toEqual({ app: 'app', proxy: null, backup: null });
  expect(toDo(facts)).toEqual([
    'backups.folder',
    'checks.healthUrl',
    'checks.versionField',
    'checks.proxyUrl',
    'checks.login',
    'checks.upload',
  ]);
  expect(suggestConfig(facts).find(({ key }) => key === 'checks.healthUrl')).toMatchObject({
    value: 'http://127.0.0.1:3001/api/health',
    text: expect.stringContaining('ports: ["127.0.0.1:3001:3001"]'),
  });
});

test('data in a named volume: its place on the host, and that its owner cannot come in there', async () => {
  const volume = '/var/lib/docker/volumes/fdts_data/_data';
  const containers = containersOf([/\/opt\/fdts\/data/g, volume]).map((one) => ({
    ...one,
    mounts: one.mounts.map((mount) =>
      mount.source === volume ? { ...mount, type: 'volume', name: 'fdts_data' } : mount,
    ),
  }));
  const folders = [folder(volume, { databases: [database(`${volume}/app.db`)] }), ...usualFolders.slice(1)];
  const facts = siteOf(containers, folders, { tables: null, databaseProblem: 'EACCES' });
  expect((await configOf(facts)).data.database).toBe(`${volume}/app.db`);
  expect(suggestConfig(facts).find(({ key }) => key === 'data.database')).toMatchObject({
    how: 'to do',
    text: expect.stringMatching(/Docker volume fdts_data.*user 10001 could not read it: EACCES/),
  });
});

test('a database among the uploads of users or among backups is not taken for the one of the app', () => {
  const folders = [
    folder('/opt/fdts/backups', {
      backups: 2,
      databases: [database('/opt/fdts/backups/copy.sqlite', { modifiedAt: 9 })],
    }),
    folder('/opt/fdts/uploads', {
      files: 80,
      databases: [database('/opt/fdts/uploads/of-a-user.db', { modifiedAt: 8 })],
    }),
    folder('/opt/fdts/data', { databases: [database('/opt/fdts/data/database.sqlite')] }),
  ];
  const { places } = siteOf(containersOf(), folders);
  expect(places.database?.file).toBe('/opt/fdts/data/database.sqlite');
  expect(places.otherDatabases).toHaveLength(2);
});

test.each([
  ['none', [], undefined, 'NO_PROJECT', /expected a running FDTS/],
  [
    'one that is not there',
    ['fdts'],
    'fdtss',
    'PROJECT_NOT_FOUND',
    /got "fdtss", expected fdts \(\/opt\/fdts: /,
  ],
  ['several', ['fdts', 'other'], undefined, 'SEVERAL_PROJECTS', /fdts \(.*\); other \(.*nothing was written/],
])('refused with what there is: %s', (_, names, wanted, code, message) => {
  const all = names.flatMap((project) => containersOf().map((one) => ({ ...one, project })));
  expect(() => chooseProject(all, wanted)).toThrow(message);
  expect(() => chooseProject(all, wanted)).toThrow(expect.objectContaining({ code, exitCode: 2 }));
});

test('of several projects the one that was asked for', () => {
  const all = ['fdts', 'other'].flatMap((project) => containersOf().map((one) => ({ ...one, project })));
  expect(chooseProject(all, 'other')).toBe('other');
});
