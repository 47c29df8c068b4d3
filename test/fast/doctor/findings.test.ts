import { beforeEach, expect, test } from 'vitest';
import { uploadProblems } from '../../../activities/adapters/data-owner/files/upload-problem.ts';
import type { Finding } from '../../../client/commands/doctor.ts';
import type { HostConfig } from '../../../config/host-schema.ts';
import { checkFindings } from '../../../workers/doctor/check-findings.ts';
import { dataFindings } from '../../../workers/doctor/data-findings.ts';
import type { MachineFacts } from '../../../workers/doctor/machine-facts.ts';
import { ownFindings } from '../../../workers/doctor/own-findings.ts';
import { projectFindings } from '../../../workers/doctor/project-findings.ts';
import { fullConfig, healthyMachine, place } from './healthy-machine.ts';

let config: HostConfig;

beforeEach(async () => {
  config = await fullConfig();
});

function findings(change: Partial<MachineFacts>, changed: HostConfig = config): Finding[] {
  const facts = { ...healthyMachine(changed), ...change };
  return [projectFindings, dataFindings, checkFindings, ownFindings].flatMap((find) => find(changed, facts));
}

test('a configuration that fits its machine: nothing is missing, nothing is warned about', () => {
  expect(findings({}).filter(({ status }) => status !== 'ok')).toEqual([]);
});

const gone = { ok: false, status: null, version: null, milliseconds: 1, problem: 'connection refused' };
const failed = { problem: 'answered 401, expected 2xx', hint: 'Correct the password.' };
const path = (name: string, facts: MachineFacts['paths'][string]) => (machine: MachineFacts) => ({
  paths: { ...machine.paths, [name]: facts },
});
const missing = { kind: 'missing', uid: -1, gid: -1, mode: 0, mount: null, freeBytes: 0 } as const;

type Change = Partial<MachineFacts> | ((machine: MachineFacts) => Partial<MachineFacts>);

const cases: readonly (readonly [string, Change, 'missing' | 'warning', RegExp, RegExp])[] = [
  ['project files', path('/opt/fdts', missing), 'missing', /no folder/, /project\.folder/],
  ['project files', path('/opt/fdts/docker-compose.yml', missing), 'missing', /not there/, /composeFiles/],
  ['env file', path('/opt/fdts/.env.production', missing), 'missing', /no file/, /project\.envFile/],
  [
    'env file',
    path('/opt/fdts/.env.production', place('file', { mode: 0o644 })),
    'warning',
    /every user/,
    /chmod/,
  ],
  [
    'second copy of the backups',
    { externalNotApart: '/mnt/external is on the same file system as /opt/fdts/backups' },
    'warning',
    /same file system/,
    /mount another disk/,
  ],
  ['project', { containers: [], projects: ['records'] }, 'missing', /no container/, /: records;/],
  [
    'project',
    (m) => ({ containers: m.containers.map((c) => ({ ...c, projectFolder: '/srv/x' })) }),
    'missing',
    /\/srv\/x/,
    /project\.folder to \/srv\/x/,
  ],
  [
    'services',
    (m) => ({ containers: m.containers.filter((c) => c.service !== 'nginx') }),
    'missing',
    /services\.proxy \(nginx\)/,
    /app, backup/,
  ],
  [
    'compose of the containers',
    { composeTools: [{ argv: ['docker', 'compose'], version: '2.27.0' }] },
    'missing',
    /made by compose 1/,
    /Install compose 1/,
  ],
  [
    'unit of FDTS',
    { unit: { state: 'not-found', holds: false } },
    'missing',
    /no fdts\.service/,
    /project\.unit/,
  ],
  [
    'unit of FDTS',
    { unit: { state: 'active', holds: false } },
    'missing',
    /in the middle/,
    /install-host\.sh/,
  ],
  [
    'restart policy',
    (m) => ({ containers: m.containers.map((c) => ({ ...c, restartPolicy: 'no' })) }),
    'warning',
    /fdts_app_1/,
    /unless-stopped/,
  ],
  [
    'port of the app',
    (m) => ({
      containers: m.containers.map((c) => ({
        ...c,
        publishedPorts: [{ hostIp: '0.0.0.0', published: 3001, target: 3001, protocol: 'tcp' }],
      })),
    }),
    'warning',
    /3001:3001 is open/,
    /127\.0\.0\.1:3001:3001/,
  ],
  ['live-restore', { liveRestore: false }, 'warning', /off/, /daemon\.json/],
  [
    'database',
    { database: { problem: 'it is no database', hint: 'Check the path.' } },
    'missing',
    /no database/,
    /Check/,
  ],
  [
    'database',
    (m) => ({
      ...path('/opt/fdts/data/database.sqlite', place('folder'))(m),
      database: { problem: 'got a folder, expected a file', hint: 'x' },
    }),
    'missing',
    /database\.sqlite is a folder/,
    /data\.database to the file in it/,
  ],
  [
    'database',
    (m) => ({ database: { ...m.database, integrity: ['row 1 missing'] } }),
    'missing',
    /damaged: row 1/,
    /restore/,
  ],
  [
    'database',
    (m) => ({ database: { ...m.database, notProven: ['table users: no such collation sequence: DE'] } }),
    'warning',
    /not all of it can be checked: table users/,
    /maintains the app/,
  ],
  [
    'mount of the database',
    { databaseMounters: ['app', 'backup'] },
    'missing',
    /^app, backup mounts the file \/opt\/fdts\/data\/database\.sqlite: .*newest rows are missing/,
    /mount its folder \(\/opt\/fdts\/data\), not the file/,
  ],
  [
    'a restore in place',
    {
      restoreObstacles: [
        { what: 'the uploads folder', got: '1 mount points are inside it', todo: 'unmount it' },
      ],
    },
    'warning',
    /a restore would be refused: the uploads folder: 1 mount points/,
    /unmount it/,
  ],
  [
    'a restore in place',
    { restoreObstacles: { problem: 'EACCES', hint: 'see' } },
    'warning',
    /EACCES/,
    /see/,
  ],
  [
    'writes during a backup',
    (m) => ({ database: { ...m.database, journalMode: 'delete', bytes: 2.5e9 } }),
    'warning',
    /journal mode delete: every write waits while the 2500\.0 MB .*about 25 s/,
    /journal_mode = WAL.*busy timeout/,
  ],
  [
    'foreign keys',
    (m) => ({ database: { ...m.database, foreignKeyViolations: 3 } }),
    'warning',
    /^3 rows violate foreign keys/,
    /allowForeignKeyViolations: true/,
  ],
  [
    'owner of the data',
    path('/opt/fdts/data/database.sqlite', place('file', { uid: 0, gid: 33 })),
    'missing',
    /0:33/,
    /uid: 0, gid: 33/,
  ],
  [
    'core tables',
    (m) => ({ database: { ...m.database, tables: { users: 1, logs: 1 } } }),
    'missing',
    /audit_logs, files/,
    /users, logs/,
  ],
  ['folder of the database', { notWritable: ['/opt/fdts/data'] }, 'missing', /10001 may not write/, /chown/],
  [
    'uploads',
    path('/opt/fdts/uploads', missing),
    'missing',
    /no folder/,
    /data\.uploads.*sudo \/opt\/fdts-ops\/packaging\/make-folder 10001:10001 0700 \/opt\/fdts\/uploads$/,
  ],
  [
    'uploads in a backup',
    (m) => ({
      uploads: { ...m.uploads, lostCount: 21, lost: [{ path: '2024', what: uploadProblems.linkOutside }] },
    }),
    'warning',
    /"2024" left out: a link to something outside.*and 20 more/,
    /-type l.*in its place.*a mount inside .* no restore.*data\.uploadsExclude/,
  ],
  [
    'uploads in a backup',
    { uploads: { problem: 'aborted due to timeout', hint: 'Again.' } },
    'warning',
    /not told: aborted/,
    /Again/,
  ],
  ['backups', { notWritable: ['/opt/fdts/backups'] }, 'missing', /may not write/, /chown -h 10001:10001/],
  ['external copies', path('/mnt/external', missing), 'missing', /no folder/, /backups\.external/],
  ['scratch', path('/opt/fdts/.fdts-ops', missing), 'missing', /no folder/, /backups\.scratch/],
  [
    'scratch beside the data',
    path('/opt/fdts/.fdts-ops', place('folder', { mount: '/mnt' })),
    'missing',
    /another file system/,
    /beside \/opt\/fdts\/data/,
  ],
  [
    'free space',
    path('/opt/fdts/backups', place('folder', { freeBytes: 1 })),
    'missing',
    /a backup may need 2\.0 MB/,
    /free space/,
  ],
  [
    'free space',
    path('/opt/fdts/.fdts-ops', place('folder', { freeBytes: 3e6 })),
    'missing',
    /a window may need 4\.0 MB/,
    /free space/,
  ],
  ['free space', { dataBytes: null }, 'warning', /not told/, /du -sh/],
  ['health', { health: gone }, 'missing', /connection refused/, /checks\.healthUrl/],
  ['health through the proxy', { proxyHealth: gone }, 'missing', /connection refused/, /checks\.proxyUrl/],
  [
    'version of the app',
    (m) => ({ health: { ...m.health, version: null } }),
    'missing',
    /no field version/,
    /versionField/,
  ],
  ['password file', path('/etc/fdts-ops/smoke-password', missing), 'missing', /no file/, /install -o root/],
  [
    'password file',
    path('/etc/fdts-ops/smoke-password', place('file', { mode: 0o644 })),
    'missing',
    /every user/,
    /chmod 0640/,
  ],
  [
    'password file',
    { canWorkerReadPassword: false },
    'missing',
    /worker may not read/,
    /chown root:fdts-ops/,
  ],
  ['login', { login: failed }, 'missing', /401/, /password/],
  ['login', { login: null }, 'warning', /not proven/, /checks\.login/],
  ['upload', { upload: failed }, 'missing', /401/, /password/],
  ['timezone', { timezone: 'UTC' }, 'warning', /this host UTC/, /host\.timezone/],
  ['state folder', path('/var/lib/fdts-ops', missing), 'missing', /no folder/, /install-host\.sh/],
  ['root-task', { rootTaskFits: false }, 'missing', /not the one of this version/, /install-host\.sh/],
  [
    'host worker',
    { configuration: 'another' },
    'warning',
    /earlier content of the configuration/,
    /systemctl restart fdts-ops-host/,
  ],
  ['host worker', { worker: gone }, 'missing', /does not run/, /systemctl start fdts-ops-host/],
];

test.each(cases)('%s (case %$): what is wrong, and what to change', (name, change, status, found, getIt) => {
  const applied = typeof change === 'function' ? change(healthyMachine(config)) : change;
  const finding = findings(applied).find((one) => one.name === name);
  expect(finding).toMatchObject({
    status,
    found: expect.stringMatching(found),
    getIt: expect.stringMatching(getIt),
  });
});

test('a database that is not there is told with where to look for its path', () => {
  const machine = healthyMachine(config);
  const paths = { ...machine.paths, '/opt/fdts/data/database.sqlite': missing };
  const database = { problem: 'SQLITE_CANTOPEN', hint: 'check the path' };
  expect(findings({ paths, database }).find(({ name }) => name === 'database')).toMatchObject({
    status: 'missing',
    found: 'no file /opt/fdts/data/database.sqlite',
    getIt: expect.stringContaining('data.database'),
  });
});

test('what the configuration leaves out is not asked for', () => {
  const bare: HostConfig = {
    ...config,
    project: { ...config.project, unit: null, envFile: null },
    services: { app: 'app', proxy: null, backup: null },
    backups: { ...config.backups, external: null },
    checks: { ...config.checks, login: null, upload: null, versionField: null },
  };
  const found = findings({ unit: null, login: null, upload: null }, bare);
  expect(found.filter(({ status }) => status === 'missing')).toEqual([]);
  expect(found.map(({ name }) => name)).not.toEqual(expect.arrayContaining(['env file', 'external copies']));
});
