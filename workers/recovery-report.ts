import type { Notifier } from '../activities/adapters/notify/notifier.ts';
import { timeOfStamp } from '../activities/execution/stamp-time.ts';
import type { Host } from '../activities/host.ts';
import { runName } from '../activities/stack/images.ts';
import type { RunReport } from '../workflows/contracts/report.ts';
import { MAINTENANCE_LATE, MAINTENANCE_OVER } from '../workflows/engine/tell-users.ts';
import { plannedMaintenanceProcedure } from '../workflows/procedures/planned-maintenance.ts';
import { ANNOUNCED } from '../workflows/procedures/steps/announce-window.ts';
import type { RecoveryPlan } from './plan-recovery.ts';
import type { Recovery } from './recover.ts';
import { tellSection } from './tell-section.ts';

/** Leaves the trace of a recovery: a report on the host, and a message to people. Returns the report's path. */
export async function reportRecovery(
  { config, reports, notifier }: Pick<Host, 'config' | 'reports' | 'notifier'>,
  plan: RecoveryPlan,
  recovery: Recovery,
  startedAt: number,
): Promise<string> {
  const report = recoveryReport(config.host.name, plan, recovery, startedAt);
  const file = await reports.write(report);
  await notifier.notify({
    runId: report.stamp,
    kind: `recover-${report.outcome}`,
    subject: `${config.host.name}: ${report.title}: ${report.outcome}`,
    text: [
      report.because,
      ...report.commandsLeft,
      ...recovery.sections.map(tellSection),
      `Report: ${file}`,
    ].join('\n'),
  });
  return file;
}

/**
 * Tells users that a window is over, when they heard of it: the run that would may be gone. Another run may have had to bring
 * back what a window left: then they hear it only once FDTS was seen to serve.
 */
export async function tellUsersOfRecovery(
  { name, notifier }: { readonly name: string; readonly notifier: Notifier },
  { run }: Pick<RecoveryPlan, 'run'>,
  { outcome, checks }: Pick<Recovery, 'outcome' | 'checks'>,
): Promise<void> {
  const isOver = ['rolled-back', 'completed', 'attention-needed'].includes(outcome);
  const isWindow = run.procedure === plannedMaintenanceProcedure.type;
  const serves = checks.some(({ status }) => status === 'pass');
  if (!isOver || !(isWindow || serves)) return;
  const { key: kind, subject, text, audience } = MAINTENANCE_OVER;
  const runId = runName(run.stamp);
  await notifier.notify({
    runId,
    kind,
    subject: `${name}: ${subject}`,
    text,
    audience,
    after: [...(isWindow ? ANNOUNCED : []), MAINTENANCE_LATE.key],
    // As the run itself would say it: a repetition is not sent.
    key: `${runId}/${kind}`,
  });
}

/** The report of a recovery: like that of a run, but no server knows of it. Pure. */
export function recoveryReport(
  host: string,
  plan: RecoveryPlan,
  recovery: Recovery,
  startedAt: number,
): RunReport {
  const { run } = plan;
  const { outcome, steps, checks, sections } = recovery;
  return {
    procedure: 'recover',
    title: `Recovery of ${run.procedure}`,
    host,
    workflowId: run.workflowId,
    runId: run.runId,
    stamp: new Date(startedAt).toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, ''),
    dryRun: false,
    outcome,
    because: whyItEnded(recovery),
    startedAt,
    endedAt: Date.now(),
    steps: steps.map(({ title, commands, startedAt: began, endedAt, failed }, index) => ({
      id: `recover-${index + 1}`,
      kind: 'change',
      title,
      status: failed ? 'failed' : 'done',
      startedAt: began,
      endedAt,
      commands,
    })),
    downtimeSeconds: null,
    checks,
    decisions: [],
    sections: [
      {
        title: 'Recovered run',
        lines: [
          'by fdts-ops recover, on the host, without any server',
          `${run.procedure} (run ${run.workflowId}) since ${run.startedAt}, last step "${run.step ?? 'none'}"`,
        ],
      },
      ...sections,
    ],
    commandsLeft:
      outcome === 'needs-operator'
        ? ['sudo fdts-ops recover    # once the cause is mended: goes on where this one stopped']
        : (recovery.incident?.left ?? []),
    path: null,
    recovered: {
      procedure: run.procedure,
      stamp: run.stamp,
      startedAt: timeOfStamp(run.stamp),
    },
  };
}

/** Why a recovery ended as it did, in a sentence. */
export function whyItEnded({ direction, outcome, failure, checks, incident }: Recovery): string {
  if (failure !== null) return `${failure}. The host stays quarantined`;
  const failed = checks.filter(({ status }) => status === 'fail');
  if (outcome === 'attention-needed') {
    const told = failed.map(({ name, got, answer }) => `${name}: ${got} (${answer})`);
    return `what the run left was finished, and FDTS serves; left to a person: ${told.join('; ')}`;
  }
  if (failed.length > 0) {
    const told = failed.map(({ name, got, expected }) => `${name}: got ${got}, expected ${expected}`);
    return `nothing is left to ${direction === 'undo' ? 'take back' : 'finish'}, but FDTS does not serve: ${told.join('; ')}. The host stays quarantined`;
  }
  if (incident !== null)
    return `the host stays ${incident.safeState}, and the incident of ${incident.procedure} stays open`;
  const did = direction === 'undo' ? 'what the run left was taken back' : 'what the run left was finished';
  return checks.length === 0 ? did : `${did}, and FDTS serves`;
}
