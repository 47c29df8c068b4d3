import type { CheckResult } from '../contracts/calls.ts';
import type { IncidentRecord, IncidentSurvey } from '../contracts/incident.ts';
import { makeRead } from '../engine/activity-policies.ts';
import type { GateWatch } from '../engine/ask-person.ts';
import { read } from '../engine/calls.ts';
import type { StepsById } from '../engine/procedure.ts';
import type { Run } from '../engine/run.ts';
import { reopenPlan } from './security-incident-report.ts';

/** A look is not waited for: the gate goes on without it. */
const GIVE_UP_AFTER = '2m';

/**
 * Whether users stay shut out while the gate waits: who loads a whole firewall sweeps the rules away, and until they are put
 * back users, or whoever attacks, come in. Whoever approves has to know.
 */
export function watchIsolation(
  run: Run<StepsById>,
  { ports, breakGlass, operatorPort }: IncidentSurvey,
  incident: IncidentRecord | null,
): GateWatch {
  const closed = read.checkIsolation({ ports, breakGlass, operatorPort });
  return {
    look: async () => {
      if (run.host === null) return null;
      const { taskQueue, machineId } = run.host;
      const { checks } = await makeRead(closed, {
        taskQueue,
        stamp: run.stamp,
        step: null,
        machineId,
        summary: 'see whether users are still shut out',
        patient: null,
        giveUpAfter: GIVE_UP_AFTER,
      });
      const known = new Set(run.checks.map(found));
      const fresh = checks.filter((check) => check.status === 'fail' && !known.has(found(check)));
      run.verify(fresh, 'report');
      if (fresh.length === 0) return null;
      return `Seen since it was asked: ${fresh.map((check) => [found(check), check.answer].filter(Boolean).join('. ')).join('; ')}`;
    },
    plan: () => reopenPlan(incident, run.checks),
  };
}

function found({ name, got }: CheckResult): string {
  return `${name}: ${got}`;
}
