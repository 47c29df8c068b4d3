import type { Journal } from '../activities/adapters/journal/journal.ts';
import { OperationError } from '../activities/adapters/operation-error.ts';
import type { RecoverHolder } from '../activities/execution/hold-mutations.ts';
import type { Host } from '../activities/host.ts';
import type { createHostMutations } from '../activities/host-mutations.ts';
import { planRecovery } from './plan-recovery.ts';
import { recover } from './recover.ts';
import { recoveringHost } from './recovering-host.ts';
import { reportRecovery, whyItEnded } from './recovery-report.ts';

/** What `fdts-ops recover` does, for an emergency that needs the host of a run that does not end by itself. */
export function recoverHolderOn(
  host: Host,
  mutations: ReturnType<typeof createHostMutations>,
  journal: Journal,
  lockFile: string,
): RecoverHolder {
  return async (holder, signal) => {
    const plan = planRecovery(journal);
    const isSame = plan?.run.workflowId === holder.workflowId && plan.run.runId === holder.runId;
    if (plan === null || !isSame) return { outcome: 'gone', because: 'it ended by itself meanwhile' };
    const startedAt = Date.now();
    const made = await recover(plan, recoveringHost(host, mutations, lockFile), journal, {
      signal,
      dryRun: false,
      onStep: () => undefined,
      onEnd: async (ended) => {
        await reportRecovery(host, plan, ended, startedAt).catch(() => undefined);
      },
    }).catch((error: unknown) => {
      if (error instanceof OperationError && error.code === 'RUN_ENDED') return null;
      throw error;
    });
    if (made === null) return { outcome: 'gone', because: 'it ended by itself meanwhile' };
    return { outcome: made.outcome, because: whyItEnded(made) };
  };
}
