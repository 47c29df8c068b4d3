import { beforeAll, expect, test } from 'vitest';
import type { Finding } from '../../client/commands/doctor.ts';
import { loadHostConfig } from '../../config/load-host-config.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { writeConfigFile } from '../fast/config/write-config-file.ts';
import { environment } from '../support/environment.ts';

const file = '/root/first.yml';
let host: SandboxHost;

beforeAll(async () => {
  ({ host } = await environment());
  await host.resetFdts();
});

async function fdtsOps(...args: string[]): Promise<{ readonly code: number; readonly json: unknown }> {
  const { exitCode, stdout } = await host.exec(['fdts-ops', ...args, '--json'], { check: false });
  return { code: exitCode, json: JSON.parse(stdout) };
}

async function notOk(
  config: string,
): Promise<Record<Finding['status'], string[]> & { readonly code: number }> {
  const { code, json } = await fdtsOps('doctor', '--config', config);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what doctor prints
  const { findings } = json as { readonly findings: readonly Finding[] };
  const named = (wanted: string) =>
    findings.filter(({ status }) => status === wanted).map(({ name }) => name);
  return { code, ok: named('ok'), missing: named('missing'), warning: named('warning') };
}

test('init makes a file that loads, with the values of this host, and never writes over it', async () => {
  const { code, json } = await fdtsOps('init', '--output', file);
  expect(json).toMatchObject({ file, project: 'fdts', problems: [] });
  expect(code).toBe(0);
  const text = await host.readFile(file);
  expect(await loadHostConfig(await writeConfigFile(text))).toMatchObject({
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
  const again = await fdtsOps('init', '--output', file);
  expect(again).toMatchObject({ code: 2, json: { error: { code: 'ALREADY_THERE' } } });
  expect(await host.readFile(file)).toBe(text);
  const other = await fdtsOps('init', '--output', '/root/second.yml', '--project', 'shop');
  expect(other).toMatchObject({
    code: 2,
    json: { error: { message: expect.stringContaining('expected fdts (/opt/fdts: ') } },
  });
});

test('doctor is satisfied with it, apart from what is left to do', async () => {
  // The queue of this worker is that of the name that it was installed with.
  await host.exec(['sed', '-i', '0,/^  name: .*/s//  name: sandbox/', file]);
  const { code, missing, warning } = await notOk(file);
  expect({ code, missing }).toEqual({ code: 0, missing: [] });
  expect(warning).toEqual(expect.arrayContaining(['login', 'upload']));
});

test('doctor says what does not fit this machine, and --smoke leaves nothing behind', async () => {
  await host.writeFile('/root/broken.yml', broken);
  const { code, missing } = await notOk('/root/broken.yml');
  expect(code).toBe(10);
  expect(missing).toEqual(
    expect.arrayContaining([
      'project files',
      'env file',
      'services',
      'unit of FDTS',
      'core tables',
      'uploads',
      'scratch beside the data',
      'health',
      'health through the proxy',
      'password file',
      'login',
    ]),
  );
  await host.exec(['sed', '-i', 's/uid: 10001, gid: 10001/uid: 33, gid: 33/', '/root/broken.yml']);
  expect((await notOk('/root/broken.yml')).missing).toEqual(
    expect.arrayContaining(['database', 'owner of the data', 'folder of the database']),
  );
  // The app keeps the folder of the month that it made for the upload.
  const files = async () =>
    (await host.exec(['find', '/opt/fdts/uploads', '/opt/fdts/.fdts-ops', '-type', 'f'])).stdout;
  const before = await files();
  const { json } = await fdtsOps('doctor', '--config', '/etc/fdts-ops/host.yml', '--smoke');
  expect(json).toMatchObject({
    healthy: true,
    findings: expect.arrayContaining([
      expect.objectContaining({ name: 'login', found: 'the test user can log in' }),
      expect.objectContaining({ name: 'upload', found: 'a test file came back as it was sent' }),
    ]),
  });
  expect(await files()).toBe(before);
});

const broken = `
host: {name: sandbox, timezone: Europe/Paris}
project: {composeFiles: [stack.yml], unit: other.service, envFile: none.env}
services: {app: web}
data:
  owner: {uid: 10001, gid: 10001}
  uploads: /srv/uploads
  coreTables: [customers]
backups: {scratch: /mnt/external}
checks:
  healthUrl: http://127.0.0.1:3001/none
  proxyUrl: http://127.0.0.1:81/
  login:
    url: http://127.0.0.1:3001/api/auth/login
    body: {username: smoke, password: "{password}"}
    passwordFile: /etc/fdts-ops/none
  upload: null
`;

test('who may not read which server the host has is told so, and not that a server is lost', async () => {
  const { stderr, exitCode } = await host.exec(['runuser', '-u', 'nobody', '--', 'fdts-ops', 'runs'], {
    check: false,
  });
  expect(exitCode).not.toBe(0);
  expect(stderr).toMatch(/^fdts-ops: only root may read which server .*host\.env.*use: sudo fdts-ops runs/);
});
