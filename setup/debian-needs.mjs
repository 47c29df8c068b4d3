import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Plain JavaScript: what is missing is looked up before the npm packages are there.

/** Debian's names of what set-up may have to install, by what needs it; with `?` only where the system has it. */
export const needs = {
  compilers: ['make', 'g++', 'python3'],
  engine: ['docker.io', 'docker-cli?', 'docker-compose', 'iptables'],
  baseImage: ['debootstrap', 'debian-archive-keyring'],
  archives: ['sqlite3', 'libarchive-tools', 'python3'],
  bundle: ['age'],
  compose: ['docker-compose'],
  chromium: ['chromium?', 'fonts-noto-color-emoji?'],
  fastBackups: ['isal?'],
};

/** Of which one is enough for the tests through the Temporal UI. */
export const chromiumPrograms = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Programs of which one makes a package needless, wherever it came from. */
const programs = {
  'docker-cli?': ['docker'],
  make: ['make'],
  'g++': ['g++'],
  python3: ['python3'],
  sqlite3: ['sqlite3'],
  'libarchive-tools': ['bsdtar'],
  debootstrap: ['debootstrap'],
  'chromium?': chromiumPrograms,
  'fonts-noto-color-emoji?': chromiumPrograms,
};

/** Those of these names that the machine lacks. What is marked counts only along with others, where there are any. */
export function missingNeeds(names) {
  const unseen = names.filter((name) => !(programs[name] ?? []).some(isOnPath));
  const missing = missingPackages(unseen.map(plainName));
  const lacking = unseen.filter((name) => missing.includes(plainName(name)));
  return names.every(isMarked) || !lacking.every(isMarked) ? lacking : [];
}

/** What the engine needs; a machine with Docker's own packages must not get Debian's beside them. */
export function engineNeeds() {
  const own = ['docker-ce', 'docker-ce-cli', 'moby-engine'];
  const hasOwn =
    missingPackages(own).length < own.length ||
    (isOnPath('dockerd') && missingPackages(['docker.io']).length > 0);
  return hasOwn ? ['iptables'] : needs.engine;
}

/** Which of these packages are not installed (all of them where there is no dpkg). */
export function missingPackages(names) {
  if (names.length === 0) return [];
  const query = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Abbrev}\n', ...names], {
    encoding: 'utf8',
  });
  const installed = new Set(
    (query.stdout ?? '').split('\n').flatMap((line) => {
      const [name, status] = line.split(' ');
      return status?.startsWith('ii') ? [name] : [];
    }),
  );
  return names.filter((name) => !installed.has(name));
}

/** The names that apt knows, without marks. Only after `apt-get update`: a fresh machine knows no packages at all. */
export function knownToApt(names) {
  return names.filter((name) => !isMarked(name) || hasCandidate(plainName(name))).map(plainName);
}

/** The name without its mark. */
export function plainName(name) {
  return name.replace(/\?$/, '');
}

/** Why packages cannot be installed by this process, or undefined when they can. */
export function obstacleToInstall(uid = process.getuid?.(), isDebian = existsSync('/etc/debian_version')) {
  if (!isDebian) return 'this is not Debian or Ubuntu';
  if (uid !== 0) return `this runs as user ${uid}, not as root`;
  return undefined;
}

/** The one command with which a person installs all these packages and, with `engine`, starts Docker for the own user. */
export function oneCommand(names, { engine = false } = {}) {
  const packages = knownToApt(names).join(' ');
  const install = packages === '' ? [] : ['apt-get update', `apt-get install -y ${packages}`];
  const start = engine ? ['systemctl start docker', 'usermod -aG docker "$SUDO_USER"'] : [];
  return `sudo sh -c '${[...install, ...start].join(' && ')}'`;
}

function isMarked(name) {
  return name.endsWith('?');
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

function hasCandidate(name) {
  const policy = spawnSync('apt-cache', ['policy', name], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return /Candidate: (?!\(none\))/.test(policy.stdout ?? '');
}
