import { askEngine } from './ask-docker.ts';
import { type Ask, askAtTerminal } from './consent.mjs';
import { engineNeeds, missingNeeds, needs, obstacleToInstall, oneCommand } from './debian-needs.mjs';
import { ensureDebianPackages } from './debian-packages.ts';
import { isRunning } from './process-identity.ts';
import { engineError, startEngine } from './start-docker.ts';
import { recallStarted, rememberStarted } from './state.ts';
import { machineFolder } from './state-base.mjs';

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
  await ensureDebianPackages(engineNeeds(), 'The sandbox (a host in a container)', ask);
  const now = await askEngine();
  // Installing it starts it where systemd runs, and that was us.
  if (now.version !== undefined) rememberStarted('engine', 'docker', { how: 'systemd' });
  else await startEngine();
  const { version, problem } = await askEngine();
  if (version === undefined)
    throw engineError('The Docker engine was started but does not answer.', problem, 'docker info');
  return inUse(version);
}

function inUse(version: string): DockerEngine {
  const ours = recallStarted('engine', 'docker');
  const startedByUs = ours !== undefined && (ours.identity === undefined || isRunning(ours.identity));
  rememberWhoseEngine(startedByUs ? ours.how : undefined);
  return {
    startedByUs,
    description: `Docker engine ${version}${startedByUs ? ', started by set-up' : ', already running'}`,
  };
}

/** The sandbox's snapshot is made in it and outlives it: `demo:down` has to find it again when it is stopped. */
function rememberWhoseEngine(startedBy: 'systemd' | 'by-hand' | undefined): void {
  const known = recallStarted('cache', 'docker', machineFolder());
  // Another instance of ours may have started it before.
  if (startedBy === undefined && known !== undefined) return;
  rememberStarted('cache', 'docker', { engine: startedBy ?? 'not-ours' }, machineFolder());
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
      'sudo usermod -aG docker "$USER", log in again',
    );
  }
  const obstacle = obstacleToInstall();
  if (obstacle)
    throw engineError(
      'No Docker engine answers, and set-up cannot install or start one.',
      `${obstacle}; ${problem}`,
      `${oneCommand([engineNeeds(), needs.baseImage].flatMap(missingNeeds), { engine: true })}, log in again`,
    );
}
