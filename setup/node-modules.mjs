import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline/promises';

const compilers = ['make', 'g++', 'python3'];

/** Installs the npm packages of the lock file when they are missing or belong to another one. */
export async function ensureNodeModules(root) {
  if (isCurrent(root)) return;
  process.stderr.write(
    'Installing the npm packages (npm ci; about two minutes where better-sqlite3 is compiled) ...\n',
  );
  if (npmCi(root) || ((await installCompilers()) && npmCi(root))) {
    writeFileSync(stampOf(root), lockHash(root));
    return;
  }
  throw new Error(npmCiFailure(missingCompilers()));
}

/** The environment for a nested npm: flags given to the outer npm (`npm run demo --json`) must not reach it. */
export function withoutNpmLeaks(environment) {
  const kept =
    /^npm_config_(registry|cafile|ca|proxy|https_proxy|https-proxy|noproxy|cache|userconfig|strict_ssl|@)/;
  const isLeak = (key) => key.startsWith('npm_') && !kept.test(key);
  return Object.fromEntries(Object.entries(environment).filter(([key]) => !isLeak(key)));
}

/** What to tell a person when `npm ci` failed, given the compilers that are missing. */
export function npmCiFailure(missing) {
  const reason =
    missing.length > 0
      ? `better-sqlite3 is compiled where no prebuilt binary is reachable, and these are missing: ${missing.join(', ')}.\n  next:     sudo apt-get install -y ${missing.join(' ')}   (or your system's equivalent), then the same command again`
      : 'its own message is above.\n  next:     check the network and the registry (npm ping), then run the same command again';
  return `The npm packages could not be installed.\n  reason:   ${reason}`;
}

/** The stamp tells by content; a plain `npm ci` by hand leaves none, then the times of the lock files tell. */
function isCurrent(root) {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  if (existsSync(stampOf(root)) && readFileSync(stampOf(root), 'utf8') === lockHash(root)) return true;
  return statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

function stampOf(root) {
  return join(root, 'node_modules', '.fdts-ops-lock-hash');
}

function lockHash(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function npmCi(root) {
  const outer = process.env.npm_execpath;
  const [command, ...args] = outer?.endsWith('.js') ? [process.execPath, outer] : ['npm'];
  // Output goes to stderr: stdout may have to end with one line of JSON.
  const options = { cwd: root, env: withoutNpmLeaks(process.env), stdio: ['ignore', 2, 2] };
  return spawnSync(command, [...args, 'ci', '--include=dev', '--no-progress'], options).status === 0;
}

/** Only as root on Debian or Ubuntu, only what is missing; a person at the terminal is asked. */
async function installCompilers() {
  const missing = missingCompilers();
  if (missing.length === 0 || process.getuid() !== 0 || !existsSync('/etc/debian_version')) return false;
  if (!(await agrees(`Install ${missing.join(', ')} with apt-get to compile better-sqlite3?`))) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) => spawnSync('apt-get', args, { env, stdio: ['ignore', 2, 2] }).status === 0;
  return apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', ...missing);
}

function missingCompilers() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return compilers.filter((name) => !folders.some((folder) => existsSync(join(folder, name))));
}

async function agrees(question) {
  if (process.env.CI === 'true' || !process.stdin.isTTY) {
    process.stderr.write(`${question} Nobody is at the terminal: yes.\n`);
    return true;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [Y/n] `);
  terminal.close();
  return /^(y|yes|)$/i.test(answer.trim());
}
