import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Holder } from '../../workflows/contracts/containment.ts';
import type { WatchLook, WatchSignal } from '../../workflows/contracts/watch.ts';
import type { Journal } from '../adapters/journal/journal.ts';
import { backupReads } from '../backups/backups.ts';
import { type ContainerUse, containerUse, leastUse, memoryCheck } from '../diagnosis/container-use.ts';
import { errorRateReads } from '../diagnosis/error-rate.ts';
import { asHolder } from '../execution/emergency-hold.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

const PROBE_EVERY_MS = 1000;
/** The watch has measured it for as long as it must last: its answer looks only whether it is still so. */
const STILL_HIGH_SECONDS = 30;

export type LookReads = ReturnType<typeof lookReads>;

/** What the watch of a host sees. */
export function lookReads(host: Host, journal: Journal) {
  const { config, app } = host;
  const { checkBackups } = backupReads(host);
  const { errorRate } = errorRateReads(host);
  const { downFor, errorRateFor, memoryFor, memoryPercent } = config.thresholds;

  /**
   * Asks each second whether users are served, for so many seconds, measures memory at the beginning, in the middle and at
   * the end, and once what changes more slowly. Signals stand in the order in which they are answered. `freeSeconds`: how
   * long ago a run had the host; null when none had. The error rate counts only while the app answers, and once no such run
   * lies in the time that it is measured over: an outage has its own answer, and one that was just answered is no second
   * incident. Memory is wrong only when it was at each measurement: a spike is none.
   */
  const lookAtHost: Read<
    { readonly seconds: number; readonly freeSeconds: number | null },
    WatchLook
  > = async (context, { seconds, freeSeconds }) => {
    const { signal, progress } = context;
    const muted = mutedBecause(journal);
    const uses: ContainerUse[][] = [await containerUse(host)];
    const middle = Date.now() + seconds * 500;
    const until = Date.now() + seconds * 1000;
    let downSeconds = 0;
    let problem = 'answers';
    for (let at = Date.now(); at < until; ) {
      const isMiddle = uses.length === 1 && at >= middle;
      // Beside the question, so that the time that it takes counts as well.
      const [health, use] = await Promise.all([
        app.checkHealth({ through: 'proxy', signal }),
        isMiddle ? containerUse(host) : null,
      ]);
      if (use !== null) uses.push(use);
      await wait(Math.max(0, PROBE_EVERY_MS - (Date.now() - at)), undefined, { signal });
      downSeconds = health.ok ? 0 : downSeconds + (Date.now() - at) / 1000;
      problem = health.ok ? 'answers' : (health.problem ?? String(health.status));
      at = Date.now();
      progress(`${Math.ceil((until - at) / 1000)} s left; the app ${health.ok ? 'answers' : 'is down'}`);
    }
    const rate = await errorRate(context, { seconds: null });
    const isOfUsers = downSeconds === 0 && (freeSeconds === null || freeSeconds >= errorRateFor);
    uses.push(await containerUse(host));
    const backups = await checkBackups(context, {});
    const down: WatchSignal = {
      name: 'app down',
      wrongSeconds: Math.min(downSeconds, seconds),
      mustLastSeconds: downFor,
      got: problem,
      expected: `an answer within ${downFor} s`,
      answer: 'applicationDown',
    };
    return {
      seconds,
      // A run that came meanwhile may be why.
      muted: muted ?? mutedBecause(journal),
      holder: holderOf(journal),
      signals: [
        down,
        ...(isOfUsers ? [measured('error rate', rate.check, { seconds, answer: 'highErrorRate' })] : []),
        ...leastUse(uses).map((use) => {
          const check = memoryCheck(use, memoryPercent, 'highMemory');
          const signal = measured(check.name, check, { seconds, mustLast: memoryFor, answer: 'highMemory' });
          return { ...signal, input: { measureSeconds: Math.min(memoryFor, STILL_HIGH_SECONDS) } };
        }),
        ...backups.checks.map((check) =>
          measured('recent backup', check, { seconds, answer: 'backupFailure' }),
        ),
      ],
    };
  };

  return { lookAtHost };
}

/** A measured check as a signal: wrong for the whole look, or not at all. Without `mustLast` its measurement had a duration. */
function measured(
  name: string,
  { status, got, expected }: CheckResult,
  { seconds, mustLast = 0, answer }: { seconds: number; mustLast?: number; answer: string },
): WatchSignal {
  const wrongSeconds = status === 'fail' ? seconds : 0;
  return { name, wrongSeconds, mustLastSeconds: mustLast, got, expected, answer };
}

/** A window takes the app down on purpose, and an incident has its own answer. */
function mutedBecause(journal: Journal): string | null {
  const run = journal.openRun();
  if (run !== null) return `${run.procedure} (run ${run.workflowId}) has the host`;
  const incident = journal.openIncidents()[0];
  return incident === undefined ? null : `an incident of ${incident.procedure} is open`;
}

/** An open incident has its own answer, whoever has the host. */
function holderOf(journal: Journal): Holder | null {
  const run = journal.openRun();
  return run === null || journal.openIncidents().length > 0 ? null : asHolder(run);
}
