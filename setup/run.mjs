// The entry of every npm script. Plain JavaScript without dependencies: it has to run on a fresh clone,
// before anything is installed, and on Node 20, which strips no types.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureNodeModules, modulesAreCurrent } from './node-modules.mjs';
import { preflight } from './preflight.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const verbs = ['demo', 'demo-down', 'test', 'bench', 'build', 'pack', 'check'];
const oldestNode = [20, 19];

const [verb, ...flags] = process.argv.slice(2);
try {
  requireVerb(verb);
  requireNode(process.versions.node);
  requireLinux(process.platform);
  const missing = await preflight(verb, modulesAreCurrent(root));
  ensureNodeModules(root, missing);
  process.exitCode = await runVerb(verb, flags);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function requireVerb(given) {
  if (verbs.includes(given)) return;
  throw new Error(
    `setup/run.mjs: no such verb.\n  got:      ${given ?? 'nothing'}\n  expected: one of ${verbs.join(', ')}\n  next:     npm run demo`,
  );
}

function requireNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const [oldMajor, oldMinor] = oldestNode;
  if (major > oldMajor || (major === oldMajor && minor >= oldMinor)) return;
  throw new Error(
    `This Node is too old.\n  got:      ${version} (${process.execPath})\n  expected: ${oldestNode.join('.')} or newer\n  next:     install a current Node 20, 22 or 24 and run the same command again`,
  );
}

function requireLinux(platform) {
  if (platform === 'linux') return;
  throw new Error(
    `This needs Linux: it starts a host with systemd in a container and its own processes.\n  got:      ${platform}\n  expected: linux (Debian or Ubuntu install everything by themselves)\n  next:     run it in a Linux virtual machine`,
  );
}

/** Runs setup/VERB.ts; resolves to its exit code (128 + signal number when a signal ended it). */
function runVerb(name, args) {
  const script = join(root, 'setup', `${name}.ts`);
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  passSignalsTo(child);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  });
}

/** Ctrl-C at a terminal reaches the child by itself (same process group): passing it on would count double. */
function passSignalsTo(child) {
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
}
