import { OperationError } from '../operation-error.ts';
import type { RunningContainer } from './containers.ts';

/** What a start needs to get over a port that the engine holds for nobody. */
export type FreePorts = {
  readonly project: string;
  readonly runningContainers: () => Promise<readonly RunningContainer[]>;
  /** Restarts the engine, and returns when it answers again. */
  readonly restartEngine: () => Promise<void>;
  readonly tell: (line: string) => void;
};

/**
 * Starts something, and once more after a restart of the engine when that holds a port for nobody. A power failure in the
 * middle of a container's start leaves that (seen with 20.10): at its next start the engine takes the port for the
 * container that does not run, and gives it to none, not even one that is made anew, until it is started once more.
 * Throws `PORT_HELD_BY_ENGINE` where a restart would interrupt containers of others: that is for a person.
 */
export const startWithFreePorts = async (
  { project, runningContainers, restartEngine, tell }: FreePorts,
  start: () => Promise<void>,
): Promise<void> => {
  try {
    await start();
  } catch (error) {
    const port = refusedPort(error);
    if (port === null) throw error;
    const held = heldPort(port, await runningContainers(), project);
    if (held === null) throw error;
    if (held.others.length > 0) throw leftToPerson(held, error);
    tell(`the engine holds port ${held.port} for no container, as after a power failure: it is restarted`);
    await restartEngine();
    await start();
  }
};

/** A port that the engine gives to no container, though none that runs has it. */
type HeldPort = {
  readonly port: string;
  /** Running containers that are not of the project: they would be interrupted too. */
  readonly others: readonly string[];
};

/** For which port a start failed, as `address:port`; null: it failed for another reason. Pure. */
const refusedPort = (error: unknown): string | null => {
  const message = error instanceof Error ? error.message : '';
  return /Bind for (\S+:\d+) failed: port is already allocated/.exec(message)?.[1] ?? null;
};

/** null: somebody has the port. Pure. */
const heldPort = (port: string, running: readonly RunningContainer[], project: string): HeldPort | null => {
  const number = Number(port.slice(port.lastIndexOf(':') + 1));
  if (running.some(({ ports }) => ports.includes(number))) return null;
  const others = running.filter((container) => container.project !== project).map(({ name }) => name);
  return { port, others };
};

const leftToPerson = ({ port, others }: HeldPort, cause: unknown): OperationError =>
  new OperationError({
    code: 'PORT_HELD_BY_ENGINE',
    operation: 'startContainer',
    target: port,
    cause,
    hint: `The engine holds this port for no container, as it does after a power failure in the middle of a start. On the host: sudo systemctl restart docker.service. That interrupts ${others.join(', ')} as well.`,
    retryable: true,
  });
