import type { Ending } from './ending.ts';
import { goesLaterWay } from './later-change.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';
import { startedBySchedule, tellOfSchedule } from './scheduled.ts';
import { tellOperators } from './tell-operators.ts';

/**
 * Tells people how the run ended, unless it completed; what ended on the host without it is told also when that was good. A
 * run of a schedule that never got its host has nobody before it who sees that: the control worker tells it.
 */
export async function tellEnd(
  run: Run<StepsById>,
  { outcome, because, commandsLeft, ownsHost }: Ending,
): Promise<void> {
  if (outcome === 'completed' && ownsHost) return;
  const ofSchedule = tellOfSchedule(run.procedure, outcome);
  const message = {
    key: `end-${outcome}`,
    subject: `${run.procedure.title}: ${outcome}`,
    text: [because, ...commandsLeft, ...(ofSchedule === null ? [] : [ofSchedule])].join('\n'),
  };
  if (run.host !== null || startedBySchedule() === null) return run.tell(message);
  // A check every hour would tell every hour that the host is away, which the watch tells once.
  if (run.procedure.mutating && goesLaterWay('schedule-goes-on'))
    await tellOperators(run.hostName ?? 'no host', { kind: message.key, ...message });
}
