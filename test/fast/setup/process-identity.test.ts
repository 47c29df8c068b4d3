import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import {
  endProcess,
  identifyProcess,
  isRunning,
  type ProcessIdentity,
} from '../../../setup/process-identity.ts';

const children: ReturnType<typeof spawn>[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('a process that set-up remembers', () => {
  it('is ended, and ending it again does nothing', async () => {
    const identity = await start('setInterval(() => {}, 1000)');
    expect(isRunning(identity)).toBe(true);
    expect(await endProcess(identity)).toBe('ended');
    expect(isRunning(identity)).toBe(false);
    expect(await endProcess(identity)).toBe('was-not-running');
  });

  it('is not ended when its number now belongs to another process', async () => {
    const stranger = await start('setInterval(() => {}, 1000)');
    const remembered = { ...stranger, startTicks: String(Number(stranger.startTicks) - 1) };
    expect(await endProcess(remembered)).toBe('was-not-running');
    expect(await endProcess({ ...stranger, bootId: 'of an earlier boot' })).toBe('was-not-running');
    expect(isRunning(stranger)).toBe(true);
  });

  it('is ended with SIGKILL when it does not heed SIGTERM', async () => {
    const identity = await start("process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)");
    expect(await endProcess(identity, { patienceMs: 300 })).toBe('ended');
  });

  it('counts as gone while it is a zombie', async () => {
    const parent = spawn('sh', ['-c', 'sh -c exit & echo $!; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    children.push(parent);
    const [line]: unknown[] = await once(parent.stdout, 'data');
    await expect.poll(() => identifyProcess(Number(String(line)))).toBeUndefined();
  });
});

/** Starts Node with this script; resolves when it has run, so that its signal handlers are there. */
async function start(script: string): Promise<ProcessIdentity> {
  const child = spawn(process.execPath, ['-e', `${script}; process.stdout.write('ready')`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await once(child.stdout, 'data');
  const identity = identifyProcess(child.pid ?? 0);
  if (!identity) throw new Error('the child ended at once');
  return identity;
}
