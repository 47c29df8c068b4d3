import { execa } from 'execa';
import { type Ask, answerFor, askAtTerminal } from './consent.mjs';
import { knownToApt, missingPackages, obstacleToInstall, oneCommand, plainName } from './debian-needs.mjs';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';
import { recallStarted, rememberStarted } from './state.ts';
import { machineFolder } from './state-base.mjs';

const aptEnvironment = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * Installs the Debian packages that are missing: as root on Debian or Ubuntu, after asking a person at the terminal,
 * unless that person was asked about them at the start. Elsewhere it fails and names the one command. A name with `?`
 * at its end is installed along with the others where the system has such a package. What was installed is
 * remembered, so that demo:down can name it.
 */
export async function ensureDebianPackages(
  names: readonly string[],
  why: string,
  ask: Ask = askAtTerminal,
): Promise<void> {
  const required = names.filter((name) => !name.endsWith('?'));
  const lacking = missingPackages(required.length > 0 ? required : names.map(plainName));
  if (lacking.length === 0) return;
  const obstacle = obstacleToInstall();
  if (obstacle) throw cannotInstall(lacking, why, obstacle);
  const question = `${why} needs ${lacking.join(', ')}. Install with apt-get?`;
  if (!(answerFor(lacking) ?? (await ask(question))))
    throw cannotInstall(lacking, why, 'not installed, as you said');
  say(`Installing ${lacking.join(', ')} (${why}) ...`);
  await apt(['update', '-q'], lacking);
  const missing = missingPackages(knownToApt(names));
  if (missing.length === 0) return;
  await apt(['install', '-y', '-q', '--no-install-recommends', ...missing], missing);
  const before = recallStarted('packages', 'debian', machineFolder())?.names ?? [];
  const all = [...new Set([...before, ...missing])].sort();
  rememberStarted('packages', 'debian', { names: all, why: 'fdts-ops set-up' }, machineFolder());
}

async function apt(args: string[], names: readonly string[]): Promise<void> {
  const run = await execa('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: aptEnvironment,
    reject: false,
    all: true,
  });
  if (run.exitCode === 0) return;
  throw new SetUpError({
    what: `apt-get ${args[0] ?? ''} failed.`,
    got: (run.all ?? '').trim().split('\n').slice(-5).join(' | '),
    expected: 'exit code 0',
    next: `find out why with: ${oneCommand(names)}`,
  });
}

function cannotInstall(missing: readonly string[], why: string, got: string): SetUpError {
  return new SetUpError({
    what: `${why} needs packages that are not installed: ${missing.join(', ')}.`,
    got,
    expected: 'root on Debian or Ubuntu, where set-up installs them by itself, or the packages in place',
    next: `${oneCommand(missing)}   (or your system's equivalent), then the same command again`,
  });
}
