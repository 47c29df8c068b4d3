import { createHostMutations } from '../activities/host-mutations.ts';
import { createHostReads } from '../activities/host-reads.ts';
import type { HostConfig } from '../config/host-schema.ts';
import type { Outcome } from '../workflows/contracts/outcome.ts';
import type { RunReport } from '../workflows/contracts/report.ts';
import { stampOf } from '../workflows/engine/stamp.ts';
import {
  type DisasterRecoveryInput,
  disasterRecoveryProcedure,
  type OrFailed,
  recoverSite,
} from '../workflows/procedures/disaster-recovery.ts';
import { composeHost } from './compose-host.ts';
import { askFreezes } from './local-freeze.ts';
import { type LocalHost, LocalRunEnds } from './local-host.ts';
import { LocalRun } from './local-run.ts';
import { withJournal } from './open-journal.ts';
import { lockFile } from './state-files.ts';
import { tellSection } from './tell-section.ts';

interface LocalRecovery extends Pick<LocalHost, 'say' | 'ask'> {
  readonly run: { readonly workflowId: string; readonly runId: string };
}

/**
 * The procedure `disasterRecovery` on this machine, without any server: the same steps and mutations, written into the
 * host's journal, so that `recover` takes back what a killed one leaves. Freezes bind it as they bind every other run.
 */
export async function recoverSiteLocally(
  config: HostConfig,
  input: Partial<DisasterRecoveryInput>,
  { run, say, ask }: LocalRecovery,
): Promise<{ report: RunReport; file: string | null }> {
  const freeze = askFreezes(config, disasterRecoveryProcedure, input);
  const host = await composeHost(config);
  const startedAt = Date.now();
  const stamp = stampOf(startedAt);
  const dryRun = input.dryRun === true;
  let written: { report: RunReport; file: string | null } | null = null;
  // Nothing else may keep the process alive at some moment of a step: it must not end before the run does.
  const awake = setInterval(() => undefined, 60_000);
  await withJournal(config, async (journal) => {
    const procedure = disasterRecoveryProcedure.type;
    const fence = dryRun ? 0 : journal.takeHold(run, { procedure, stamp });
    const local: LocalHost = {
      mutations: createHostMutations(host),
      reads: createHostReads(host),
      journal,
      machineId: host.machineId,
      lockFile: lockFile(config),
      say,
      ask,
    };
    const signal = interrupted();
    const identity = { ...run, stamp, fence };
    const steps = new LocalRun(local, identity, disasterRecoveryProcedure.steps, { dryRun, signal });
    if (freeze !== null) {
      say(tellSection(freeze));
      steps.section(freeze.title, freeze.lines);
    }
    const ending = await attemptRecovery(steps, input, signal);
    const report: RunReport = {
      procedure,
      title: disasterRecoveryProcedure.title,
      host: config.host.name,
      ...run,
      stamp,
      dryRun,
      ...ending,
      startedAt,
      endedAt: Date.now(),
      steps: steps.steps,
      downtimeSeconds: null,
      checks: steps.checks,
      decisions: [],
      sections: [
        ...steps.sections,
        { title: 'Without any server', lines: ['by fdts-ops recover-site on this machine'] },
      ],
      commandsLeft:
        ending.outcome === 'needs-operator' ? ['sudo fdts-ops recover    # once the cause is mended'] : [],
      path: null,
    };
    const file = dryRun ? null : await host.reports.write(report).catch(() => null);
    if (!dryRun) journal.closeRun(run, ending.outcome, fence);
    written = { report, file };
  }).finally(() => clearInterval(awake));
  if (written === null) throw new Error('the run left no report');
  return written;
}

/** Makes the steps, and takes them back when one fails before users are let in. */
export async function attemptRecovery(
  steps: LocalRun,
  input: Partial<DisasterRecoveryInput>,
  signal: AbortSignal,
): Promise<{ outcome: Outcome; because: string }> {
  try {
    await recoverSite(steps, input, (what, look) => orFailed(steps, signal, what, look));
    const failed = steps.checks.filter(({ status }) => status === 'fail');
    if (failed.length === 0) return { outcome: 'completed', because: 'every step and check passed' };
    return {
      outcome: 'attention-needed',
      because: failed.map(({ name, got }) => `${name}: ${got}`).join('; '),
    };
  } catch (error) {
    const because = error instanceof Error ? error.message : String(error);
    if (steps.isOpen)
      return {
        outcome: 'needs-operator',
        because: `users are let in, and nothing is taken back: ${because}`,
      };
    const outcome = outcomeAfter(error, steps, signal);
    const left = await steps.takeBack();
    return left === null
      ? { outcome, because }
      : { outcome: 'needs-operator', because: `${because}. ${left}` };
  }
}

/** Users are in: what cannot be seen is told, and a stop is still a stop. */
async function orFailed(
  steps: LocalRun,
  signal: AbortSignal,
  what: Parameters<OrFailed>[0],
  look: () => Promise<void>,
): Promise<void> {
  try {
    await look();
  } catch (error) {
    signal.throwIfAborted();
    const got = error instanceof Error ? error.message : String(error);
    steps.verify([{ ...what, status: 'fail', expected: 'measured', got }], 'report');
  }
}

function outcomeAfter(error: unknown, { hasChanged }: LocalRun, signal: AbortSignal): Outcome {
  if (signal.aborted) return 'aborted';
  if (error instanceof LocalRunEnds) return error.outcome;
  return hasChanged ? 'rolled-back' : 'refused';
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => controller.abort(new Error(`stopped by ${signal}`)));
  return controller.signal;
}
