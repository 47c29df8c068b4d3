import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBaseImage } from './base-image.ts';
import { buildImage } from './build-image.ts';
import { contentHash } from './content-hash.ts';

/** References, on this machine's engine, of everything a sandbox host is made of. */
export interface SandboxImages {
  readonly base: string;
  readonly runtime: string;
  readonly app: string;
  readonly backup: string;
  readonly nginx: string;
  readonly nextNginx: string;
  readonly host: string;
}

const here = dirname(fileURLToPath(import.meta.url));
const project = join(here, '..', 'fdts');
const require = createRequire(import.meta.url);
const runtimeModules = ['better-sqlite3', 'bindings', 'file-uri-to-path'];

/** Builds what this engine does not have yet and gives all references; nothing is built twice from the same sources. */
export async function ensureSandboxImages(say: (line: string) => void): Promise<SandboxImages> {
  const base = await ensureBaseImage(say);
  const runtime = await buildRuntime(base, say);
  const app = await build('app', join(project, 'app'), { RUNTIME: runtime }, say);
  const backup = await build('backup', join(project, 'backup'), { RUNTIME: runtime }, say);
  const nginx = await build('nginx', join(here, 'nginx'), { BASE: base, VERSION: '1.0' }, say);
  const nextNginx = await build('nginx', join(here, 'nginx'), { BASE: base, VERSION: '1.1' }, say);
  const host = await build('host', join(here, 'host'), { BASE: base }, say);
  return { base, runtime, app, backup, nginx, nextNginx, host };
}

async function build(
  name: string,
  folder: string,
  buildArguments: Record<string, string>,
  say: (line: string) => void,
): Promise<string> {
  const hash = await contentHash([folder], JSON.stringify(buildArguments));
  return buildImage({ name, folder, hash, buildArguments }, say);
}

/** This machine's own node and its compiled better-sqlite3, so that nothing has to be fetched or compiled. */
async function buildRuntime(base: string, say: (line: string) => void): Promise<string> {
  const native = join(moduleFolder('better-sqlite3'), 'build/Release/better_sqlite3.node');
  const hash = await contentHash([join(here, 'runtime'), native], process.version, process.arch, base);
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-runtime-'));
  try {
    await cp(join(here, 'runtime'), folder, { recursive: true });
    await cp(process.execPath, join(folder, 'node'));
    for (const name of runtimeModules) await copyModule(name, join(folder, 'node_modules', name), native);
    return await buildImage({ name: 'runtime', hash, folder, buildArguments: { BASE: base } }, say);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function copyModule(name: string, to: string, native: string): Promise<void> {
  const from = moduleFolder(name);
  if (name !== 'better-sqlite3') return cp(from, to, { recursive: true });
  await mkdir(join(to, 'build/Release'), { recursive: true });
  for (const part of ['package.json', 'lib']) await cp(join(from, part), join(to, part), { recursive: true });
  await cp(native, join(to, 'build/Release/better_sqlite3.node'));
}

function moduleFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}
