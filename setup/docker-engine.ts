import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Ask, askAtTerminal } from './consent.ts';
import { ensureDebianPackages, missingPackages, obstacleToInstall } from './debian-packages.ts';
import { startDetached } from './detached-process.ts';
import { stateFolder } from './instance.ts';
import { endProcess, isRunning } from './process-identity.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';
import { forgetStarted, recallStarted, rememberStarted } from './state.ts';
import { waitUntil } from './wait-until.ts';

const packages = ['docker.io', 'docker-cli?', 'docker-compose', 'iptables', 'debootstrap'];
const oneCommand = `sudo sh -c 'apt-get update && apt-get install -y docker.io docker-compose && systemctl start docker'`;

/** The Docker engine in use: which one, and whether set-up of this instance started it. */
export interface DockerEngine {
  readonly startedByUs: boolean;
  readonly description: string;
}

/**
 * Uses the Docker engine that answers; else, as root on Debian or Ubuntu, installs and starts one.
 * An engine that set-up did not start is never configured, restarted or stopped.
 */
export async function ensureDockerEngine({ ask = askAtTerminal }: { ask?: Ask } = {}): Promise<DockerEngine> {
  const first = await askEngine();
  if (first.version !== undefined) return inUse(first.version);
  refuseWhatWeCannotStart(first.problem);
  await ensureDebianPackages(await packagesToInstall(), 'The sandbox (a host in a container)', ask);
  const now = await askEngine();
  // Installing it starts it where systemd runs, and that was us.
  if (now.version !== undefined) rememberStarted('engine', 'docker', { how: 'systemd' });
  else await startEngine();
  const { version, problem } = await askEngine();
  if (version === undefined) throw engineError('The Docker engine was started but does not answer.', problem);
  return inUse(version);
}

/**
 * Stops the engine if set-up of this instance started it and no container is left in it;
 * says what it did, or undefined when the engine is not ours.
 */
export async function stopDockerEngineIfOurs(): Promise<string | undefined> {
  const ours = recallStarted('engine', 'docker');
  if (!ours) return undefined;
  const running = await execa('docker', ['ps', '-q'], { reject: false });
  const left = (running.stdout ?? '').split('\n').filter(Boolean).length;
  if (running.exitCode === 0 && left > 0)
    return `the Docker engine stays: ${left} other containers run in it`;
  if (ours.how === 'systemd') await execa('systemctl', ['stop', 'docker.service', 'docker.socket']);
  else if (ours.identity) await endProcess(ours.identity, { patienceMs: 60_000 });
  forgetStarted('engine', 'docker');
  return 'stopped the Docker engine';
}

function inUse(version: string): DockerEngine {
  const ours = recallStarted('engine', 'docker');
  const startedByUs = ours !== undefined && (ours.identity === undefined || isRunning(ours.identity));
  return {
    startedByUs,
    description: `Docker engine ${version}${startedByUs ? ', started by set-up' : ', already running'}`,
  };
}

/** Asks for the engine's version; a client without an engine gives the problem in its own words. */
async function askEngine(): Promise<{ version?: string; problem: string }> {
  const info = await execa('docker', ['info', '--format', '{{.ServerVersion}}'], {
    reject: false,
    timeout: 20_000,
  });
  const version = (info.stdout ?? '').trim();
  if (info.exitCode === 0 && version !== '') return { version, problem: '' };
  return {
    problem: (info.stderr || info.shortMessage || 'no answer').trim().split('\n').at(-1) ?? 'no answer',
  };
}

function refuseWhatWeCannotStart(problem: string): void {
  const address = process.env['DOCKER_HOST'];
  if (address)
    throw engineError(
      `No Docker engine answers at DOCKER_HOST (${address}).`,
      problem,
      'start that engine, or unset DOCKER_HOST',
    );
  if (/permission denied/i.test(problem)) {
    throw engineError(
      'A Docker engine runs, but this user may not use it.',
      problem,
      'sudo usermod -aG docker "$USER", log in again, and run the same command',
    );
  }
  const obstacle = obstacleToInstall();
  if (obstacle)
    throw engineError('No Docker engine answers, and set-up cannot install one.', `${obstacle}; ${problem}`);
}

/** A machine with Docker's own packages must not get Debian's beside them. */
async function packagesToInstall(): Promise<string[]> {
  const own = ['docker-ce', 'docker-ce-cli', 'moby-engine'];
  const hasOwn = (await missingPackages(own)).length < own.length;
  return hasOwn ? ['iptables', 'debootstrap'] : packages;
}

async function startEngine(): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    say('Starting the Docker engine (systemctl start docker) ...');
    const started = await execa('systemctl', ['start', 'docker'], { reject: false });
    if (started.exitCode !== 0)
      throw engineError(
        'systemctl could not start the Docker engine.',
        started.stderr,
        'journalctl -u docker -n 50',
      );
    rememberStarted('engine', 'docker', { how: 'systemd' });
    return;
  }
  say('Starting the Docker engine (dockerd by hand: no systemd runs here) ...');
  const logFile = join(stateFolder(), 'dockerd.log');
  // Its default pid file stays: it is what keeps a second engine off the same data.
  const identity = startDetached({ command: 'dockerd', args: [], logFile });
  rememberStarted('engine', 'docker', { how: 'by-hand', identity });
  const answered = await waitUntil(
    async () => !isRunning(identity) || (await askEngine()).version !== undefined,
    { timeoutMs: 60_000 },
  );
  if (answered && isRunning(identity)) return;
  await endProcess(identity);
  forgetStarted('engine', 'docker');
  throw engineError('dockerd did not come up.', `see the end of ${logFile}`, `tail -n 20 ${logFile}`);
}

function engineError(what: string, got: string, next = oneCommand): SetUpError {
  return new SetUpError({
    what,
    got,
    expected: '`docker info` answers for this user',
    next: `${next}, then the same command again`,
  });
}
