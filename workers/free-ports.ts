import { setTimeout as wait } from 'node:timers/promises';
import { runRootTask } from '../activities/adapters/command/root-task.ts';
import type { DockerEngine } from '../activities/adapters/docker/docker.ts';
import { type FreePorts, startWithFreePorts } from '../activities/adapters/docker/held-port.ts';

const RESTART_TIMEOUT_MS = 120_000;
const ASK_AGAIN_MS = 200;

/** An engine whose starts get over ports that it holds for nobody after a power failure. */
export function withFreePorts(engine: DockerEngine, project: string): DockerEngine {
  const ports: FreePorts = {
    project,
    runningContainers: engine.runningContainers,
    restartEngine: () => restartEngine(engine),
    tell: (line) => process.emitWarning(line, 'EngineRestarted'),
  };
  return {
    ...engine,
    startContainer: (id) => startWithFreePorts(ports, () => engine.startContainer(id)),
    restartContainer: (id, seconds) => startWithFreePorts(ports, () => engine.restartContainer(id, seconds)),
  };
}

async function restartEngine(engine: DockerEngine): Promise<void> {
  const task = { run: 'engine', step: 'restart' };
  await runRootTask(task, 'restart-engine', [], { timeoutMs: RESTART_TIMEOUT_MS });
  for (const until = Date.now() + RESTART_TIMEOUT_MS; ; await wait(ASK_AGAIN_MS)) {
    try {
      await engine.engineInfo();
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
    }
  }
}
