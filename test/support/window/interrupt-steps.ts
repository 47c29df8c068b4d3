import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { z } from 'zod';
import type { SandboxHost } from '../../../sandbox/host.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';
import type { WindowRun } from './window-run.ts';

const script = fileURLToPath(new URL('./interrupt-steps.mjs', import.meta.url));

/**
 * Sends the host's worker a signal in the middle of changes that a run makes: of `each` once, then it gives their steps
 * when the run has closed; or of the `first`, then at once. `prefix`: only steps whose name begins so; without one, `each`
 * has in it that the host is taken (`take-hold`) and given back (`end-of-run`), which are no steps of the journal. Nor is
 * an emergency's `isolate`.
 */
export async function interruptSteps(
  host: Pick<SandboxHost, 'exec' | 'writeFile'>,
  workflowId: string,
  how: { signal: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM'; which: 'each' | 'first'; prefix?: string },
): Promise<string[]> {
  await host.writeFile('/root/interrupt-steps.mjs', await readFile(script));
  const { signal, which, prefix = '' } = how;
  const { stdout } = await host.exec([
    // A step of a few milliseconds is over before a script that waits for its turn on a busy processor has looked.
    'nice',
    '-n',
    '-20',
    'node',
    '/root/interrupt-steps.mjs',
    workflowId,
    signal,
    which,
    prefix,
  ]);
  return z.array(z.string()).parse(JSON.parse(stdout));
}

/** Approves a run that waits at its gate (this `plan` of it), and kills the worker in the middle of a step that follows. */
export async function approveAndKillIn(
  host: SandboxHost,
  run: WindowRun,
  step: string,
  plan?: string,
): Promise<void> {
  const { workflowId } = run.handle;
  const killing = interruptSteps(host, workflowId, { signal: 'SIGKILL', which: 'first', prefix: step });
  await watchesSteps(host, workflowId);
  await run.approve(plan);
  expect(await killing).toEqual([step]);
}

/** Waits until `interruptSteps` watches for the steps of this run: what begins now, however short, is not missed. */
export async function watchesSteps(host: SandboxHost, workflowId: string): Promise<void> {
  const watches = ['test', '-e', `/run/watches-steps-of-${workflowId}`];
  await waitUntil(
    `the steps of ${workflowId} are watched for`,
    async () => (await host.exec(watches, { check: false })).exitCode === 0,
    30_000,
  );
}

/** Approves a run that waits at its plan, and does something while the worker stands still in the middle of a step. */
export async function whileHeldIn<Result>(
  host: SandboxHost,
  run: WindowRun,
  step: string,
  act: () => Promise<Result>,
): Promise<Result> {
  const holding = interruptSteps(host, run.handle.workflowId, {
    signal: 'SIGSTOP',
    which: 'first',
    prefix: step,
  });
  await run.reaches('approve-plan', ['waiting']);
  await run.approve();
  expect(await holding).toEqual([step]);
  try {
    return await act();
  } finally {
    await resumeWorker(host);
  }
}

/** A worker that was stopped in the middle of a change goes on with it. */
export async function resumeWorker(host: SandboxHost): Promise<void> {
  await host.exec(['systemctl', 'kill', '--signal=SIGCONT', '--kill-whom=main', 'fdts-ops-host.service']);
}
