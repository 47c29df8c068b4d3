import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { answerFor } from './consent.mjs';
import { missingNeeds, needs, obstacleToInstall, oneCommand } from './debian-needs.mjs';
import { machineFolder } from './state-base.mjs';

/**
 * Installs the npm packages of the lock file when they are missing or belong to another one. `missing`: what else the
 * machine lacks, so that one command names everything.
 */
export function ensureNodeModules(root, missing) {
  if (modulesAreCurrent(root)) return;
  process.stderr.write(
    'Installing the npm packages (npm ci; about two minutes where better-sqlite3 is compiled) ...\n',
  );
  if (npmCi(root) || (installCompilers() && npmCi(root))) {
    writeFileSync(stampOf(root), lockHash(root));
    return;
  }
  throw new Error(npmCiFailure(missingNeeds(needs.compilers), missing));
}

/** The environment for a nested npm: flags given to the outer npm (`npm run demo --json`) must not reach it. */
export function withoutNpmLeaks(environment) {
  const kept =
    /^npm_config_(registry|cafile|ca|proxy|https_proxy|https-proxy|noproxy|cache|userconfig|strict_ssl|@)/;
  const isLeak = (key) => key.startsWith('npm_') && !kept.test(key);
  return Object.fromEntries(Object.entries(environment).filter(([key]) => !isLeak(key)));
}

/** What to tell a person when `npm ci` failed, given the compilers that are missing, and everything else that is. */
export function npmCiFailure(compilers, missing = []) {
  const command = oneCommand([...new Set([...compilers, ...missing])]);
  const reason =
    compilers.length > 0
      ? `better-sqlite3 is compiled where no prebuilt binary is reachable, and these are missing: ${compilers.join(', ')}.\n  next:     ${command}   (or your system's equivalent), then the same command again`
      : 'its own message is above.\n  next:     check the network and the registry (npm ping), then run the same command again';
  return `The npm packages could not be installed.\n  reason:   ${reason}`;
}

/** The stamp tells by content; a plain `npm ci` by hand leaves none, then the times of the lock files tell. */
export function modulesAreCurrent(root) {
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

/** Only as root on Debian or Ubuntu, only what is missing, and only after the one question got a yes. */
function installCompilers() {
  const missing = missingNeeds(needs.compilers);
  if (missing.length === 0 || obstacleToInstall() !== undefined || answerFor(missing) !== true) return false;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (...args) =>
    spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], { env, stdio: ['ignore', 2, 2] })
      .status === 0;
  const done = apt('update', '-q') && apt('install', '-y', '-q', '--no-install-recommends', ...missing);
  if (done) rememberInstalled(missing);
  return done;
}

/** As setup/state.ts remembers packages, which cannot run yet. */
function rememberInstalled(names) {
  const folder = join(machineFolder(), 'started');
  const file = join(folder, 'packages.compilers.json');
  const before = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).names : [];
  const record = { names: [...new Set([...before, ...names])], why: 'to compile better-sqlite3' };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${JSON.stringify(record)}\n`, { mode: 0o600 });
}
