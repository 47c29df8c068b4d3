import { createHostMutations } from '../activities/host-mutations.ts';
import { exitCodeOf } from '../client/exit-codes.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import { composeHost } from './compose-host.ts';
import { confirmRecovery, whoAnswers } from './confirm-recovery.ts';
import { lockBetweenChanges } from './lock-between-changes.ts';
import { withJournal } from './open-journal.ts';
import { type Direction, planRecovery, type RecoveryPlan } from './plan-recovery.ts';
import { type RecoveringHost, recover } from './recover.ts';
import { recoveringHost } from './recovering-host.ts';
import { reportRecovery, tellUsersOfRecovery, whyItEnded } from './recovery-report.ts';
import { requireRoot } from './require-root.ts';
import { lockFile } from './state-files.ts';
import { tellIncident } from './tell-incident.ts';
import { tellSection } from './tell-section.ts';

/** What a person says to `recover`. */
export interface RecoverOptions {
  readonly config: string;
  readonly back?: boolean;
  readonly finish?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Finishes or takes back what a run left, says it, and leaves a report. The exit code says when a person is still needed. */
export async function runRecover(options: RecoverOptions, out: (text: string) => void): Promise<void> {
  const wanted = wantedDirection(options);
  const config = await loadHostConfig(options.config);
  requireRoot('recover');
  const isJson = options.json === true;
  const say = (text: string) => {
    if (!isJson) out(text);
  };
  await withJournal(config, async (journal) => {
    const plan = planRecovery(journal, wanted);
    if (plan === null) {
      say('Nothing to recover: no run has this host.');
      const incidents = journal.openIncidents();
      for (const incident of incidents) say(tellIncident(incident));
      if (isJson) out(JSON.stringify({ recovered: false, reason: 'the host is free', incidents }));
      return;
    }
    const dryRun = options.dryRun === true;
    if (!dryRun) await confirmRecovery(plan.run, { say, ask: whoAnswers(options, process.stdin.isTTY) });
    say(`${describe(plan)}${dryRun ? ' (dry run)' : ''}:`);
    const host = await composeHost(config);
    const startedAt = Date.now();
    let report: string | null = null;
    const usual = recoveringHost(host, createHostMutations(host), lockFile(config));
    const recovering: RecoveringHost = {
      ...usual,
      takeLock: async (signal, onWait) =>
        lockBetweenChanges(lockFile(config), journal, { verb: 'recover', signal, onWait }),
      checkServing: async (services, signal) => {
        say('- see whether FDTS serves');
        return usual.checkServing(services, signal);
      },
    };
    const recovery = await recover(plan, recovering, journal, {
      signal: interrupted(),
      dryRun,
      wanted,
      onStep: (title) => say(`- ${title}`),
      onEnd: async (ended) => {
        // What was mended stays mended when the disk has no room for its report.
        report = await reportRecovery(host, plan, ended, startedAt).catch((error: unknown) => {
          process.stderr.write(`the report could not be written: ${String(error)}\n`);
          return null;
        });
        await tellUsersOfRecovery({ name: config.host.name, notifier: host.notifier }, plan, ended);
      },
    });
    const { outcome, steps, checks, sections } = recovery;
    if (isJson) {
      const { workflowId } = plan.run;
      const recovered = !dryRun && outcome !== 'needs-operator';
      out(JSON.stringify({ recovered, dryRun, outcome, workflowId, steps, checks, sections, report }));
    }
    if (dryRun) {
      say(steps.flatMap(({ commands }) => commands).join('\n'));
      return;
    }
    for (const section of sections) say(tellSection(section));
    say(whyItEnded(recovery).replace(/\.?$/, '.'));
    if (report !== null) say(`Report: ${String(report)}`);
    if (outcome === 'needs-operator') {
      say('Outcome: needs-operator. Mend the cause, then run "sudo fdts-ops recover" again.');
      process.exitCode = exitCodeOf(outcome);
    } else if (recovery.incident !== null) {
      say(`Done: contained. ${tellIncident(recovery.incident)}`);
      process.exitCode = exitCodeOf(outcome);
    } else {
      say(`Done: ${outcome}. The host is free again.`);
      if (outcome === 'attention-needed') process.exitCode = exitCodeOf(outcome);
    }
  });
}

function wantedDirection({ back, finish }: RecoverOptions): Direction | null {
  if (back === true && finish === true) {
    throw new Error('--back and --finish contradict each other: give one of them, or none');
  }
  return back === true ? 'undo' : finish === true ? 'finish' : null;
}

function describe({ run, direction, incident }: RecoveryPlan): string {
  const way =
    incident !== null
      ? `kept ${incident.safeState}`
      : direction === 'undo'
        ? 'taken back'
        : 'finished: users were already let in';
  return `${run.procedure} (run ${run.workflowId}) since ${run.startedAt}, last step "${run.step ?? 'none'}", is ${way}`;
}

function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () =>
      controller.abort(new Error(`stopped by ${signal}; run recover again to go on`)),
    );
  }
  return controller.signal;
}
