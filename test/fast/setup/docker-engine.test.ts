import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureDockerEngine } from '../../../setup/docker-engine.ts';
import { stateFolder } from '../../../setup/instance.ts';
import { stopDockerEngineIfOurs } from '../../../setup/start-docker.ts';
import { recallStarted } from '../../../setup/state.ts';
import { machineFolder } from '../../../setup/state-base.mjs';
import { type FakeMachine, fakeMachine } from './support/fake-machine.ts';

let machine: FakeMachine;
beforeEach(() => {
  machine = fakeMachine();
  for (const [name, value] of Object.entries(machine.env)) vi.stubEnv(name, value);
  // Everything is installed, and root asks.
  machine.command('dpkg-query', 'shift 3; for name; do echo "$name ii "; done');
  vi.spyOn(process, 'getuid').mockReturnValue(0);
});
afterEach(async () => {
  await stopDockerEngineIfOurs();
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('the Docker engine that the sandbox uses', () => {
  it('is remembered as one that set-up starts, also when it is stopped again', async () => {
    expect((await ensureDockerEngine()).startedByUs).toBe(true);
    const { how } = recallStarted('engine', 'docker') ?? {};
    expect(await stopDockerEngineIfOurs()).toBe('stopped the Docker engine');
    expect(recallStarted('engine', 'docker')).toBeUndefined();
    expect(recallStarted('cache', 'docker', machineFolder())).toEqual({ engine: how });
  });

  it("is remembered as somebody else's when it ran already", async () => {
    machine.startEngine();
    expect((await ensureDockerEngine()).startedByUs).toBe(false);
    expect(recallStarted('cache', 'docker', machineFolder())).toEqual({ engine: 'not-ours' });
    expect(await stopDockerEngineIfOurs()).toBeUndefined();
    expect(machine.engineRuns).toBe(true);
  });

  it('is still the one that set-up started when another instance uses it', async () => {
    await ensureDockerEngine();
    const own = stateFolder();
    vi.stubEnv('FDTS_OPS_INSTANCE', 'another');
    expect(stateFolder()).not.toBe(own);
    await ensureDockerEngine();
    expect(recallStarted('cache', 'docker', machineFolder())?.engine).not.toBe('not-ours');
    vi.stubEnv('FDTS_OPS_INSTANCE', 'fake');
  });
});
