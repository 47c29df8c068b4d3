import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copyTreeIn } from './copy-tree-in.ts';
import { execOnHost } from './host-container.ts';
import { smokeUser } from './seed/seed-database.ts';
import { writeOnHost } from './write-on-host.ts';

const here = dirname(fileURLToPath(import.meta.url));
const pristine = '/srv/fdts-pristine';
const project = `${pristine}/fdts`;

/** Lays down, on a host, the untouched copy of FDTS and its data that `reset-fdts` puts into /opt/fdts. */
export async function placeProject(host: string, seedArchive: string): Promise<void> {
  const run = (...argv: string[]) => execOnHost(host, argv);
  const folders = ['nginx/certs', 'backups', 'notice'].map((name) => `${project}/${name}`);
  await run('mkdir', '-p', `${pristine}/images`, ...folders);
  await copyTreeIn(host, join(here, 'fdts'), project);
  await copyTreeIn(host, createReadStream(seedArchive), project);
  await makeCertificate(host);
  await writeOnHost(host, `${project}/.env.production`, productionEnvironment(), { mode: '600' });
  await writeOnHost(host, '/root/smoke-password', `${smokeUser.password}\n`, { mode: '600' });
  await run('chmod', '750', `${project}/data`, `${project}/uploads`, `${project}/backups`);
  await run('chmod', '640', `${project}/data/database.sqlite`);
  await run('chown', '10001:10001', `${project}/backups`);
  for (const service of ['app', 'backup']) {
    const { stdout } = await run(
      'docker',
      'image',
      'inspect',
      '--format',
      '{{.Id}}',
      `fdts_${service}:latest`,
    );
    await writeOnHost(host, `${pristine}/images/${service}`, stdout, {});
  }
  await run('cp', '-p', '/etc/fdts-sysinfo.conf', `${pristine}/fdts-sysinfo.conf`);
}

async function makeCertificate(host: string): Promise<void> {
  const certs = `${project}/nginx/certs`;
  await execOnHost(host, [
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '3650',
    '-subj',
    '/CN=fdts.example',
    '-keyout',
    `${certs}/fdts.key`,
    '-out',
    `${certs}/fdts.crt`,
  ]);
}

function productionEnvironment(): string {
  return `# FDTS production settings
NODE_ENV=production
PORT=3001
DATABASE_PATH=/app/data/database.sqlite
UPLOADS_PATH=/app/uploads

# rotate after an incident
JWT_SECRET=${secret()}
JWT_REFRESH_SECRET=${secret()}
MAIL_PASSWORD=${secret()}
`;
}

function secret(): string {
  return randomBytes(48).toString('base64');
}
