import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { askOnce } from './consent.mjs';
import {
  engineNeeds,
  missingNeeds,
  needs,
  obstacleToInstall,
  oneCommand,
  plainName,
} from './debian-needs.mjs';
import { machineFolder } from './state-base.mjs';

// Plain JavaScript: it runs before the npm packages are there.

/** What the verbs with a sandbox need besides it. */
const extras = {
  demo: () => [],
  bench: () => [needs.fastBackups],
  test: () => [
    needs.archives,
    needs.bundle,
    ...(hasCompose() ? [] : [needs.compose]),
    ...(process.env.FDTS_OPS_CHROMIUM ? [] : [needs.chromium]),
  ],
};

/**
 * Looks at the start for everything that a verb may have to install, and asks once about all of it; what of it is
 * needed is installed when it is. Where set-up cannot install the Docker engine it fails at once, and names the one
 * command for everything. Gives what is missing. `withModules`: whether the npm packages are there.
 */
export async function preflight(verb, withModules, ask) {
  const compilers = withModules ? [] : [needs.compilers];
  const sandbox = verb in extras ? [...forSandbox(), ...extras[verb]()] : [];
  const missing = [...new Set([...compilers, ...sandbox].flatMap(missingNeeds))];
  const obstacle = obstacleToInstall();
  if (missing.length === 0) return missing;
  if (obstacle === undefined) await askOnce(...question(missing), ask);
  else if (missing.includes('docker.io') && !process.env.DOCKER_HOST) throw cannotInstall(missing, obstacle);
  return missing;
}

/** An engine, and what a base image is made with where no registry has one; not again once the sandbox was there. */
function forSandbox() {
  const engine = succeeds('docker', 'info') ? [] : [engineNeeds()];
  const wasThere = existsSync(join(machineFolder(), 'started', 'cache.docker.json'));
  return wasThere ? engine : [...engine, needs.baseImage];
}

function question(missing) {
  const names = missing.map(plainName);
  return [names, `Not installed here: ${names.join(', ')}. Install with apt-get what of them is needed?`];
}

function cannotInstall(missing, obstacle) {
  const got = `${obstacle}; not installed: ${missing.map(plainName).join(', ')}`;
  const expected = 'root on Debian or Ubuntu, where set-up installs them by itself, or the packages in place';
  const next = `${oneCommand(missing, { engine: true })}   (or your system's equivalent), log in again, and run the same command`;
  return new Error(
    `No Docker engine answers, and set-up cannot install one.\n  got:      ${got}\n  expected: ${expected}\n  next:     ${next}`,
  );
}

/** Either version. */
function hasCompose() {
  return succeeds('docker', 'compose', 'version') || succeeds('docker-compose', 'version');
}

function succeeds(program, ...args) {
  return spawnSync(program, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;
}
