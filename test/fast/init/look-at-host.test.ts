import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { envFilesOf } from '../../../activities/adapters/site/env-files.ts';
import { examineFolder } from '../../../activities/adapters/site/examine-folder.ts';
import { findHealth } from '../../../activities/adapters/site/find-health.ts';
import { findUnits } from '../../../activities/adapters/site/find-units.ts';

let site: string;

beforeEach(async () => {
  site = await mkdtemp(path.join(tmpdir(), 'fdts-ops-site-'));
  return () => rm(site, { recursive: true });
});

describe('what a folder holds', () => {
  test('a database is known by its content, whatever its name is; its log and journal are none', async () => {
    const open = new Database(path.join(site, 'records.bin'));
    open.pragma('journal_mode = WAL');
    open.exec('CREATE TABLE a (b)');
    await writeFile(path.join(site, 'not-one.sqlite'), 'SQLite format 4');
    const { databases, kind, files } = await examineFolder(site);
    open.close();
    expect(databases).toMatchObject([{ file: path.join(site, 'records.bin'), hasLog: true }]);
    expect({ kind, files }).toEqual({ kind: 'folder', files: 4 });
  });

  test('backups are told from other archives; links are not followed', async () => {
    await mkdir(path.join(site, 'old'));
    await writeFile(path.join(site, 'fdts_backup_20260101_020000.tar.gz'), '');
    await writeFile(path.join(site, 'old', 'dump.tgz'), '');
    await symlink('/', path.join(site, 'everything'));
    expect(await examineFolder(site)).toMatchObject({
      backups: 1,
      otherArchives: 1,
      folders: ['old'],
      files: 2,
    });
  });

  test('what is not there is an answer', async () => {
    expect(await examineFolder(path.join(site, 'none'))).toMatchObject({ kind: 'missing', mount: null });
  });
});

test('the unit of a project is the one that calls compose in its folder', async () => {
  const unit = (name: string, ...lines: string[]) => writeFile(path.join(site, name), lines.join('\n'));
  await unit(
    'app.service',
    '[Service]',
    'WorkingDirectory=/srv/app',
    'ExecStart=/usr/bin/docker compose up -d',
  );
  await unit('named.service', '[Service]', 'ExecStart=/usr/bin/docker-compose -f /srv/app/stack.yml up');
  await unit(
    'other.service',
    '[Service]',
    'WorkingDirectory=/srv/application',
    'ExecStart=docker-compose up',
  );
  await unit('report.service', '[Service]', 'WorkingDirectory=/srv/app', 'ExecStart=/usr/bin/report');
  const found = await findUnits('/srv/app', [site, path.join(site, 'none')]);
  expect(found.map((one) => one.unit)).toEqual(['app.service', 'named.service']);
  expect(found[0]?.line).toBe('WorkingDirectory=/srv/app');
});

test.each([
  ['a text', 'env_file: secrets.env', ['secrets.env']],
  ['a list, of which one is missing', 'env_file: [secrets.env, gone.env]', ['secrets.env']],
  ['a map', 'env_file: [{path: secrets.env, required: true}]', ['secrets.env']],
  ['none, but there is a .env', 'image: x', ['.env']],
])('env files of a service, named as %s', async (_, entry, expected) => {
  await writeFile(path.join(site, 'compose.yml'), `services: {app: {${entry}}}`);
  await writeFile(path.join(site, 'secrets.env'), 'TOKEN=hunter2');
  await writeFile(path.join(site, '.env'), '');
  const found = await envFilesOf(site, [path.join(site, 'compose.yml')], 'app');
  expect(found).toEqual(expected.map((name) => path.join(site, name)));
});

describe('where health is asked', () => {
  const asked: string[] = [];

  async function server(answers: Readonly<Record<string, readonly [number, string]>>): Promise<string> {
    asked.length = 0;
    const http = createServer(({ method, url = '' }, response) => {
      asked.push(`${method} ${url}`);
      const [status, body] = answers[url] ?? [404, '{}'];
      response.writeHead(status).end(body);
    });
    await new Promise<void>((resolve) => {
      http.listen(0, '127.0.0.1', resolve);
    });
    onTestFinished(() => void http.close());
    const address = http.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  test('a usual path that answers, with the field of the version', async () => {
    const origin = await server({ '/healthz': [200, '{"build":{"version":"2.1"}}'] });
    const { found } = await findHealth(['http://127.0.0.1:1', origin], []);
    expect(found).toEqual({ url: `${origin}/healthz`, versionField: 'build.version' });
    expect(asked.every((line) => line.startsWith('GET '))).toBe(true);
  });

  test('the path of the health check first; a web page counts only there', async () => {
    const page = [200, '<!doctype html>'] as const;
    const origin = await server({ '/api/health': page, '/alive': page });
    expect((await findHealth([origin], ['/alive'])).found?.url).toBe(`${origin}/alive`);
    expect((await findHealth([origin], [])).found).toBeNull();
  });

  test('a redirect is no health, and is told', async () => {
    const origin = await server({ '/health': [301, ''] });
    expect(await findHealth([origin], [])).toEqual({ found: null, redirected: true });
  });
});
