import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readComposeModel } from '../../../../activities/adapters/compose/model.ts';
import {
  generateKey,
  writeIdentity,
} from '../../../../activities/adapters/configuration-bundle/generate-key.ts';
import {
  type MadeBundle,
  type MakeBundleArgs,
  makeBundle,
} from '../../../../activities/adapters/configuration-bundle/make-bundle.ts';
import { sourcesOfProject } from '../../../../activities/adapters/configuration-bundle/sources-of-project.ts';
import { createDataOwner } from '../../../../activities/adapters/data-owner/run-as-owner.ts';
import { context, newFolder, ownAll } from '../../data-owner/support/build-site.ts';

/** The user that tests run as. */
const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };

/** Makes a bundle in this process, as its own user. */
export function make({ args }: Project, change: Partial<MakeBundleArgs> = {}): Promise<MadeBundle> {
  return makeBundle({ ...args, ...change }, context);
}

/** Reads as this user and writes as another one, in a process of its own, as the worker has it done. */
export const bundles = createDataOwner({ owner: me, pace: 'fast' });

export const SECRET = 'JWT_SECRET=a-secret-that-must-not-be-seen';

/** A compose project on disk, with what a bundle takes and what it leaves out. */
export interface Project {
  root: string;
  folder: string;
  backups: string;
  bundle: string;
  args: MakeBundleArgs;
  identity: string;
  identityFile: string;
}

/** Builds it; `change` replaces arguments. */
export async function buildProject(change: Partial<MakeBundleArgs> = {}): Promise<Project> {
  const root = newFolder();
  const folder = join(root, 'fdts');
  for (const name of ['nginx/certs', 'app/src', 'data', 'uploads', 'backups'])
    mkdirSync(join(folder, name), { recursive: true });
  const write = (name: string, text: string, mode = 0o644) => {
    writeFileSync(join(folder, name), text, { mode });
    chmodSync(join(folder, name), mode);
  };
  write('docker-compose.yml', COMPOSE);
  write('.env.production', `${SECRET}\n`, 0o600);
  write('nginx/fdts.conf', 'server { listen 80; }\n');
  write('nginx/certs/fdts.key', 'PRIVATE', 0o600);
  write('app/Dockerfile', 'FROM debian\n');
  write('app/src/main.mjs', 'run()\n');
  write('data/database.sqlite', 'users');
  write('uploads/photo.jpg', 'photo');
  write('host.yml', 'host: {}\n');
  symlinkSync('fdts.key', join(folder, 'nginx/certs/current.key'));
  const backups = join(folder, 'backups');
  chmodSync(root, 0o755);
  ownAll(backups);
  const { identityFile: text, recipient } = await generateKey(new Date(0));
  const identityFile = join(root, 'key.txt');
  await writeIdentity(identityFile, text);
  const bundle = join(backups, 'fdts_config_20260104_020000.tar.age');
  const key = { recipients: [recipient], identityFile: null, passphraseFile: null, passphrase: null };
  const args: MakeBundleArgs = {
    ...sourcesIn(folder),
    bundle,
    runId: '20260104_020000',
    key,
    facts: {
      host: 'web-1',
      machineId: '0',
      node: '20',
      docker: '20',
      compose: '1.29',
      project: 'fdts',
      images: [],
    },
    owner: me,
    mostBytes: 1 << 20,
    ...change,
  };
  const identity = text.trim().split('\n').at(-1) ?? '';
  return { root, folder, backups, bundle, args, identity, identityFile };
}

/** What the activities decide for this project. */
function sourcesIn(folder: string) {
  const composeFiles = [join(folder, 'docker-compose.yml')];
  const excluded = [
    { path: join(folder, 'data'), why: "users' data: in the backup itself" },
    { path: join(folder, 'uploads'), why: "users' data: in the backup itself" },
    { path: join(folder, 'backups'), why: 'backups' },
  ];
  const places = {
    composeFiles,
    envFile: join(folder, '.env.production'),
    unitFiles: [],
    ownConfig: join(folder, 'host.yml'),
    scripts: null,
    backupScript: null,
    extra: [],
  };
  const model = readComposeModel(COMPOSE.replaceAll('./', `${folder}/`));
  return { ...sourcesOfProject(model, places, excluded), excluded, composeFiles };
}

/** Names in the folder of the backups, besides the lock. */
export function backupsOf({ backups }: Project): string[] {
  return readdirSync(backups).filter((name) => name !== '.fdts-ops.lock');
}

const COMPOSE = `services:
  app:
    build: ./app
    env_file: .env.production
    volumes: [./data:/app/data, ./uploads:/app/uploads]
  nginx:
    image: nginx
    volumes: [./nginx/fdts.conf:/etc/nginx/conf.d/fdts.conf:ro, ./nginx/certs:/etc/nginx/certs:ro]
`;
