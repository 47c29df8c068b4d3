import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type Docker from 'dockerode';
import { errorCode } from '../error-code.ts';
import { dockerFailure, dockerStatus } from './failure.ts';

/** A program inside a container: the engine runs it to its end, whoever started it and whether or not he still listens. */
export type ExecState = {
  readonly running: boolean;
  /** null: it has not been started yet, or runs. */
  readonly exitCode: number | null;
  /** On the host; 0 before the start. */
  readonly pid: number;
};

const LOOK_EVERY_MS = 500;
const GRACE_MS = 5000;

/** Running programs in containers that run already. The id is made before the start, so that a second attempt finds it. */
export const execOperations = (docker: Docker) => ({
  /** Prepares a program and gives its id; nothing runs yet. */
  createExec: async (container: string, argv: readonly string[]): Promise<string> => {
    try {
      const options = { Cmd: [...argv], AttachStdout: true, AttachStderr: true, Tty: false };
      return (await docker.getContainer(container).exec(options)).id;
    } catch (error) {
      throw dockerFailure('createExec', container, error);
    }
  },

  /** null: the engine does not know it (any more): it forgets those that ended minutes ago, and all at a restart. */
  inspectExec: async (id: string): Promise<ExecState | null> => inspect(docker, id),

  /** Starts it and hands its output on until it ends. */
  startExec: async (id: string, onOutput: (chunk: Buffer) => void): Promise<void> => {
    try {
      const stream = await docker.getExec(id).start({ hijack: true, stdin: false });
      const sink = new Writable({
        write: (chunk: Buffer, _encoding, done) => {
          onOutput(chunk);
          done();
        },
      });
      docker.modem.demuxStream(stream, sink, sink);
      await finished(stream, { writable: false });
    } catch (error) {
      throw dockerFailure('startExec', id, error);
    }
  },

  /** Waits until it has ended. */
  waitExec: async (id: string, signal: AbortSignal): Promise<ExecState | null> => {
    for (;;) {
      const state = await inspect(docker, id);
      if (state?.running !== true) return state;
      await delay(LOOK_EVERY_MS, undefined, { signal });
    }
  },

  /**
   * Ends it with everything that it started (SIGTERM, then SIGKILL); false when it still runs. The engine has no call for
   * that, but each such program leads a process group of its own, which this host sees.
   */
  endExec: async (id: string): Promise<boolean> => {
    for (const name of ['SIGTERM', 'SIGKILL'] as const) {
      const until = Date.now() + GRACE_MS;
      const state = await inspect(docker, id);
      if (state?.running !== true) return true;
      signalGroup(state.pid, name);
      while (Date.now() < until) {
        if ((await inspect(docker, id))?.running !== true) return true;
        await delay(100);
      }
    }
    return false;
  },
});

const inspect = async (docker: Docker, id: string): Promise<ExecState | null> => {
  try {
    const { Running, ExitCode, Pid } = await docker.getExec(id).inspect();
    return { running: Running, exitCode: Running ? null : ExitCode, pid: Pid };
  } catch (error) {
    if (dockerStatus(error) === 404) return null;
    throw dockerFailure('inspectExec', id, error);
  }
};

const signalGroup = (pid: number, name: 'SIGTERM' | 'SIGKILL'): void => {
  if (pid <= 1) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    // Gone already, or not permitted: whoever asked looks whether it still runs.
    if (!['ESRCH', 'EPERM'].includes(errorCode(error) ?? '')) throw error;
  }
};
