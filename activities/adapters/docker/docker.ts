import Docker from 'dockerode';
import { containerOperations } from './containers.ts';
import { copyOperations } from './copies.ts';
import { engineOperations } from './engine.ts';
import { evidenceOperations } from './evidence.ts';
import { execOperations } from './exec.ts';
import { imageOperations } from './images.ts';
import { inventoryOperations } from './inventory.ts';
import { logsSince } from './logs.ts';
import { projectOperations } from './projects.ts';
import { containerEnvironment, containerState } from './state.ts';
import { containerStats } from './stats.ts';
import { type WaitOptions, waitUntilUp } from './wait.ts';

/** Longer than any answer takes; stopping a container has its own. */
const LONGEST_SILENCE_MS = 120_000;

/** The Docker engine of this host, as far as fdts-ops uses it. Every failure is an `OperationError`. */
export const connectDocker = (socketPath = '/var/run/docker.sock', silenceMs = LONGEST_SILENCE_MS) => {
  // An engine that takes a question and never answers must not hold a step for ever: silence counts as down.
  const connect = (timeout: number) => new Docker({ socketPath, timeout });
  const docker = connect(silenceMs);
  const containers = containerOperations(docker, connect);
  return {
    ...containers,
    ...imageOperations(docker),
    ...engineOperations(docker),
    ...projectOperations(docker),
    ...inventoryOperations(docker),
    ...execOperations(docker),
    ...evidenceOperations(docker),
    ...copyOperations(docker),
    waitUntilUp: (ids: readonly string[], options: WaitOptions) => waitUntilUp(containers, ids, options),
    containerEnvironment: (id: string) => containerEnvironment(docker, id),
    containerState: (id: string) => containerState(docker, id),
    containerStats: (id: string) => containerStats(docker, id),
    logsSince: (id: string, since: string, how?: { readonly timestamps: boolean }) =>
      logsSince(docker, id, since, how),
  };
};

/** See `connectDocker`. */
export type DockerEngine = ReturnType<typeof connectDocker>;
