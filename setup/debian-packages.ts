import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { type Ask, askAtTerminal } from './consent.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';
import { recallStarted, rememberStarted } from './state.ts';
import { machineFolder } from './state-base.mjs';

const aptEnvironment = { DEBIAN_FRONTEND: 'noninteractive' };

/**
 * Installs the Debian packages that are missing: as root on Debian or Ubuntu, after asking a person at the
 * terminal. Elsewhere it fails and names the one command. A name with `?` at its end is installed along with the
 * others where the system has such a package. What was installed is remembered, so that demo:down can name it.
 */
export async function ensureDebianPackages(
  names: string[],
  why: string,
  ask: Ask = askAtTerminal,
): Promise<void> {
  const required = names.filter((name) => !name.endsWith('?'));
  const lacking = await missingPackages(required.length > 0 ? required : names.map(plain));
  if (lacking.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${lacking.join(' ')}`;
  const obstacle = obstacleToInstall();
  if (obstacle) throw cannotInstall(lacking, why, obstacle, command);
  if (!(await ask(`${why} needs ${lacking.join(', ')}. Install with apt-get?`))) {
    throw cannotInstall(lacking, why, 'not installed, as you said', command);
  }
  say(`Installing ${lacking.join(', ')} (${why}) ...`);
  await apt(['update', '-q'], command);
  const missing = await missingPackages(await knownToApt(names));
  if (missing.length === 0) return;
  await apt(['install', '-y', '-q', '--no-install-recommends', ...missing], command);
  const before = recallStarted('packages', 'debian', machineFolder())?.names ?? [];
  const all = [...new Set([...before, ...missing])].sort();
  rememberStarted('packages', 'debian', { names: all, why: 'fdts-ops set-up' }, machineFolder());
}

/** Why packages cannot be installed by this process, or undefined when they can. */
export function obstacleToInstall(
  uid = process.getuid?.(),
  isDebian = existsSync('/etc/debian_version'),
): string | undefined {
  if (!isDebian) return 'this is not Debian or Ubuntu';
  if (uid !== 0) return `this runs as user ${uid}, not as root`;
  return undefined;
}

/** Which of these packages are not installed (all of them where there is no dpkg). */
export async function missingPackages(names: string[]): Promise<string[]> {
  const query = await execa('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\n', ...names], {
    reject: false,
  });
  const installed = new Set(
    (query.stdout ?? '').split('\n').flatMap((line) => {
      const [name, status] = line.split(' ');
      return name !== undefined && status?.startsWith('ii') ? [name] : [];
    }),
  );
  return names.filter((name) => !installed.has(name));
}

function plain(name: string): string {
  return name.replace(/\?$/, '');
}

/** Only after `apt-get update`: a fresh machine knows no packages at all. */
async function knownToApt(names: string[]): Promise<string[]> {
  const known: string[] = [];
  for (const name of names)
    if (!name.endsWith('?') || (await hasCandidate(plain(name)))) known.push(plain(name));
  return known;
}

async function hasCandidate(name: string): Promise<boolean> {
  const policy = await execa('apt-cache', ['policy', name], { reject: false, env: { LC_ALL: 'C' } });
  return /Candidate: (?!\(none\))/.test(policy.stdout ?? '');
}

async function apt(args: string[], command: string): Promise<void> {
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
    next: `find out why with: apt-get update && ${command}`,
  });
}

function cannotInstall(missing: string[], why: string, got: string, command: string): SetUpError {
  return new SetUpError({
    what: `${why} needs packages that are not installed: ${missing.join(', ')}.`,
    got,
    expected: 'root on Debian or Ubuntu, where set-up installs them by itself, or the packages in place',
    next: `sudo sh -c 'apt-get update && ${command}'   (or your system's equivalent), then the same command again`,
  });
}
