import { askEngine } from './ask-docker.ts';
import { endProcess } from './process-identity.ts';
import { startEngine } from './start-docker.ts';
import { recallStarted } from './state.ts';
import { machineFolder } from './state-base.mjs';

/** Whether a Docker engine answers from which something of ours can be removed. */
export type ReachedEngine =
  | { readonly is: 'answering' }
  /** It did not run: it runs now, until what is ours is removed. */
  | { readonly is: 'started-again' }
  /** None answers, and nothing of ours is known to be in one. */
  | { readonly is: 'not-needed' }
  | { readonly is: 'out-of-reach'; readonly problem: string };

/**
 * Reaches the engine that this instance started or, with `cache`, the one that has the sandbox's images and volumes.
 * One that set-up starts by itself is started again when it does not run; another one is for its owner to start.
 */
export async function reachEngine({ cache }: { cache: boolean }): Promise<ReachedEngine> {
  const { version, problem } = await askEngine();
  if (version !== undefined) return { is: 'answering' };
  const started = recallStarted('engine', 'docker');
  const holder =
    started?.how ?? (cache ? recallStarted('cache', 'docker', machineFolder())?.engine : undefined);
  if (holder === undefined) return { is: 'not-needed' };
  if (holder === 'not-ours') return outOfReach(problem, 'start it (mostly: sudo systemctl start docker)');
  const command = holder === 'systemd' ? 'sudo systemctl start docker' : 'sudo dockerd';
  try {
    // It may run and be stuck.
    if (started?.identity !== undefined) await endProcess(started.identity, { patienceMs: 60_000 });
    await startEngine();
    return { is: 'started-again' };
  } catch (error) {
    return outOfReach(error instanceof Error ? error.message : String(error), `start it: ${command}`);
  }
}

function outOfReach(reason: string, how: string): ReachedEngine {
  const what = 'containers, volumes and images of ours: the Docker engine that may have them does not answer';
  return {
    is: 'out-of-reach',
    problem: `${what}\n  got:  ${reason}\n  next: ${how}, then: npm run demo:down`,
  };
}
