import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { databasePlaces } from '../../../activities/database/database-places.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { smallestHost, writeConfigFile } from './write-config-file.ts';

const login = {
  url: 'http://127.0.0.1:3001/api/auth/login',
  body: { username: 'smoke', password: '{password}' },
  passwordEnv: 'SMOKE_PASSWORD',
};

async function load(change: Readonly<Record<string, unknown>>) {
  const smallest: unknown = parse(smallestHost);
  return loadHostConfig(await writeConfigFile(stringify(Object.assign({}, smallest, change))));
}

const data = (paths: object) => ({ data: { owner: { uid: 1, gid: 1 }, ...paths } });
const checks = (change: object) => ({ checks: { login: null, upload: null, ...change } });

test.each([
  ['backups inside the uploads', { backups: { folder: '/opt/fdts/uploads/b' } }, 'backups.folder'],
  ['backups inside the data', { backups: { folder: '/opt/fdts/data/backups' } }, 'backups.folder'],
  ['a second copy beside the first', { backups: { external: '/opt/fdts/backups/' } }, 'backups.external'],
  ['a second copy inside the first', { backups: { external: '/opt/fdts/backups/x' } }, 'backups.external'],
  ['throwaway copies among the uploads', { backups: { scratch: '/opt/fdts/uploads' } }, 'backups.scratch'],
  ['the uploads around the project', data({ uploads: '/opt/fdts' }), 'data.uploads'],
  ['the database among the uploads', data({ database: '/opt/fdts/uploads/d.sqlite' }), 'data.uploads'],
  ['the database below the uploads', data({ database: '/opt/fdts/uploads/db/d.sqlite' }), 'data.database'],
  [
    'the database above the project',
    {
      project: { folder: '/srv/fdts/compose' },
      ...data({ database: '/srv/fdts/d.sqlite', uploads: '/srv/fdts/u' }),
    },
    'data.database',
  ],
  ['a journal that a reboot clears', { state: { folder: '/run/fdts-ops' } }, 'state.folder'],
  ['backups that everybody can read', { backups: { folder: '/tmp/backups' } }, 'backups.folder'],
  ['uploads that are all of /srv', data({ uploads: '/srv' }), 'data.uploads'],
])('refused: %s', async (_, change, key) => {
  await expect(load(change)).rejects.toThrow(new RegExp(`\n  ${key.replace('.', '\\.')} `));
});

test.each([
  ['a password in the body', { body: { user: 'smoke', password: 'hunter2' } }],
  ['a password of its own key', { password: 'hunter2' }],
  ['a password in the address', { url: 'http://smoke:hunter2@127.0.0.1:3001/login' }],
  ['a header that carries one', { headers: { Authorization: 'Basic hunter2' } }],
  ['a password that is no text', { body: { password: { value: 'hunter2' } } }],
])('refused and not shown: %s', async (_, change) => {
  const error = await load(checks({ login: { ...login, ...change } })).catch((caught: unknown) => caught);
  expect(String(error)).toContain('checks.login');
  expect(String(error)).not.toContain('hunter2');
});

test.each([
  ['no source of the password', { passwordEnv: undefined }, 'neither passwordFile nor passwordEnv'],
  ['two of them', { passwordFile: '/etc/fdts-ops/pw' }, 'both passwordFile and passwordEnv'],
  ['a request that leaves the password out', { body: { user: 'smoke' } }, 'no {password} in it'],
  ['a cookie that no request proves', { tokenCookie: 'sid' }, 'or checks.upload as well'],
  ['a token format without its place', { tokenFormat: 'Bearer' }, '{token} once'],
  ['a password over an open network', { url: 'http://fdts.example.org/login' }, 'readable on the network'],
])('refused: a login with %s', async (_, change, message) => {
  await expect(load(checks({ login: { ...login, ...change } }))).rejects.toThrow(message);
});

test.each([
  ['a proxy address that is the app', checks({ proxyUrl: 'http://127.0.0.1:3001/' }), 'reverse proxy'],
  ['one service twice', { services: { proxy: 'app' } }, 'also services.app'],
  ['a window shorter than what is in it', { maintenance: { window: '5m' } }, 'at least 360 s'],
  ["the worker on the app's port", { worker: { healthPort: 3001 } }, 'the port of checks.healthUrl'],
  ['one port twice', { worker: { healthPort: 9000, metricsPort: 9000 } }, 'worker.healthPort'],
])('refused: %s', async (_, change, message) => {
  await expect(load(change)).rejects.toThrow(message);
});

const recipient = 'age18zks8r2quvm93e2kquzjvqzay4hcwft5t9hrx0qfa9ccz3pmc3yq4y75h4';

test.each([
  ['recipients and a passphrase', { recipients: [recipient], passphraseEnv: 'PW' }, 'one of recipients'],
  ['two passphrases', { passphraseFile: '/etc/fdts-ops/pw', passphraseEnv: 'PW' }, 'one of recipients'],
  ['a private key alone', { identityFile: '/etc/fdts-ops/bundle.key' }, 'the recipient that belongs to it'],
  ['a recipient with a slip', { recipients: [recipient.replace('zks', 'zkz')] }, 'an age recipient'],
  ["users' files", { paths: ['uploads/2025'] }, 'configuration only'],
])('refused: a bundle with %s', async (_, bundle, message) => {
  await expect(load({ bundle })).rejects.toThrow(message);
});

test('a private key in place of a recipient is refused and not shown', async () => {
  const key = 'AGE-SECRET-KEY-1QQQ';
  const error = await load({ bundle: { recipients: [key] } }).catch((caught: unknown) => caught);
  expect(String(error)).toContain('an age recipient');
  expect(String(error)).not.toContain(key);
});

test('paths of the bundle may be given inside the project', async () => {
  const { bundle } = await load({ bundle: { recipients: [recipient], paths: ['docs', '/etc/hosts'] } });
  expect(bundle.paths).toEqual(['/opt/fdts/docs', '/etc/hosts']);
});

test('the file of a database may have any name; whether it is a file is for doctor and the checks to say', async () => {
  expect((await load(data({ database: '/srv/x/data/db' }))).data.database).toBe('/srv/x/data/db');
});

test('a backup script of the host lies in the folder of scripts: refused without one', async () => {
  const backups = { command: { hostScript: 'backup.sh' } };
  await expect(load({ backups })).rejects.toThrow(
    /backups\.command\.hostScript .*emergency\.scripts is null/,
  );
  const scripts = '/etc/fdts-ops/emergency.d';
  const loaded = await load({ backups, emergency: { scripts } });
  expect(loaded.backups.command).toMatchObject({ hostScript: 'backup.sh', timeout: 3600 });
});

test('uploads beside the database in one data folder are fine', async () => {
  const config = await load(
    data({ database: '/srv/fdts/data/db.sqlite', uploads: '/srv/fdts/data/uploads' }),
  );
  expect(config.data.uploads).toBe('/srv/fdts/data/uploads');
});

const bundle = (paths: string[]) => ({ bundle: { recipients: [recipient], paths } });

test('a database directly in the folder of the project is fine: what lies beside it is no data', async () => {
  const beside = data({ database: '/opt/fdts/fdts.sqlite' });
  const config = await load({ ...beside, ...bundle(['docs']) });
  expect(config).toMatchObject({
    data: { database: '/opt/fdts/fdts.sqlite' },
    bundle: { paths: ['/opt/fdts/docs'] },
  });
  expect(databasePlaces(config)).toEqual(
    ['', '-wal', '-shm', '-journal'].map((end) => `/opt/fdts/fdts.sqlite${end}`),
  );
  expect(databasePlaces(await load({}))).toEqual(['/opt/fdts/data']);
  await expect(load({ ...beside, ...bundle(['fdts.sqlite']) })).rejects.toThrow('configuration only');
  await expect(load({ ...beside, backups: { folder: '/opt/fdts' } })).rejects.toThrow('backups.folder');
});
