import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { askEngine } from './ask-docker.ts';
import { startDetached } from './detached-process.ts';
import { stateFolder } from './instance.ts';
import { endProcess, isRunning } from './process-identity.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';
import { forgetStarted, recallStarted, rememberStarted } from './state.ts';
import { waitUntil } from './wait-until.ts';

/** Starts the Docker engine of this machine, and remembers that this instance did. Throws when it does not come up. */
export async function startEngine(): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    say('Starting the Docker engine (systemctl start docker) ...');
    const started = await execa('systemctl', ['start', 'docker'], { reject: false });
    if (started.exitCode !== 0)
      throw engineError(
        'systemctl could not start the Docker engine.',
        started.stderr || started.shortMessage || 'no reason',
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

/**
 * Stops the engine if set-up of this instance started it and no container is left in it (`evenInUse`: in any case);
 * says what it did, or undefined when the engine is not ours.
 */
export async function stopDockerEngineIfOurs({ evenInUse = false } = {}): Promise<string | undefined> {
  const ours = recallStarted('engine', 'docker');
  if (!ours) return undefined;
  const running = await execa('docker', ['ps', '-q'], { reject: false });
  const left = (running.stdout ?? '').split('\n').filter(Boolean).length;
  if (running.exitCode === 0 && left > 0 && !evenInUse)
    return `the Docker engine stays: ${left} other containers run in it`;
  if (ours.how === 'systemd') await execa('systemctl', ['stop', 'docker.service', 'docker.socket']);
  else if (ours.identity) await endProcess(ours.identity, { patienceMs: 60_000 });
  forgetStarted('engine', 'docker');
  return 'stopped the Docker engine';
}

/** What is wrong with the engine, for a person. */
export function engineError(what: string, got: string, next: string): SetUpError {
  return new SetUpError({
    what,
    got,
    expected: '`docker info` answers for this user',
    next: `${next}, then the same command again`,
  });
}
