import { setTimeout as wait } from 'node:timers/promises';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { Holder } from '../../workflows/contracts/containment.ts';
import type { WatchLook, WatchSignal } from '../../workflows/contracts/watch.ts';
import type { Journal } from '../adapters/journal/journal.ts';
import { OperationError, withHint } from '../adapters/operation-error.ts';
import { backupReads } from '../backups/backups.ts';
import { recentBackup } from '../backups/recent-backup.ts';
import { containerUse, leastUse, memoryCheck } from '../diagnosis/container-use.ts';
import { errorRateReads } from '../diagnosis/error-rate.ts';
import { asHolder } from '../execution/emergency-hold.ts';
import type { Read, ReadContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { measuredAll, measurements } from './measured.ts';

const PROBE_EVERY_MS = 1000;
/** Memory is measured at the beginning, in the middle and at the end. */
const USES_OF_A_LOOK = 3;
/** The watch has measured it for as long as it must last: its answer looks only whether it is still so. */
const STILL_HIGH_SECONDS = 30;
/** What is known of a folder of backups that is away, or another's. */
const UNREADABLE: readonly string[] = ['NOT_FOUND', 'NO_PERMISSION'];

export type LookReads = ReturnType<typeof lookReads>;

/** What the watch of a host sees. */
export function lookReads(host: Host, journal: Journal) {
  const { config, app } = host;
  const measuredOrWhyNot = measurements();
  const { checkBackups } = backupReads(host);
  const { errorRate } = errorRateReads(host);
  const { downFor, errorRateFor, memoryFor, memoryPercent } = config.thresholds;

  /**
   * Asks each second whether users are served, for so many seconds, measures memory at the beginning, in the middle and at
   * the end, and once what changes more slowly. Each of these by itself: what cannot be measured is said, and hides nothing
   * else. Signals stand in the order in which they are answered. `freeSeconds`: how long ago a run had the host; null when
   * none had. The error rate counts only while the app answers, and once no such run lies in the time that it is measured
   * over: an outage has its own answer, and one that was just answered is no second incident. Memory is wrong only when it
   * was at each measurement: a spike is none.
   */
  const lookAtHost: Read<
    { readonly seconds: number; readonly freeSeconds: number | null },
    WatchLook
  > = async (context, { seconds, freeSeconds }) => {
    const { signal, progress } = context;
    const muted = mutedBecause(journal);
    const useNow = async () =>
      measuredOrWhyNot('memory', signal, async () => containerUse(host), USES_OF_A_LOOK);
    // Beside the questions: users are asked about all the same while it lasts.
    const uses = [useNow()];
    const middle = Date.now() + seconds * 500;
    const until = Date.now() + seconds * 1000;
    let downSeconds = 0;
    let problem = 'answers';
    for (let at = Date.now(); at < until; ) {
      if (uses.length === 1 && at >= middle) uses.push(useNow());
      const health = await app.checkHealth({ through: 'proxy', signal });
      await wait(Math.max(0, PROBE_EVERY_MS - (Date.now() - at)), undefined, { signal });
      downSeconds = health.ok ? 0 : downSeconds + (Date.now() - at) / 1000;
      problem = health.ok ? 'answers' : (health.problem ?? String(health.status));
      at = Date.now();
      progress(`${Math.ceil((until - at) / 1000)} s left; the app ${health.ok ? 'answers' : 'is down'}`);
    }
    const isOfUsers = downSeconds === 0 && (freeSeconds === null || freeSeconds >= errorRateFor);
    const [rate, lastUse, recent] = await Promise.all([
      measuredOrWhyNot('error rate', signal, async () => errorRate(context, { seconds: null })),
      useNow(),
      measuredOrWhyNot('recent backup', signal, async (late) => recentBackups({ ...context, signal: late })),
    ]);
    const memory = measuredAll([...(await Promise.all(uses)), lastUse]);
    signal.throwIfAborted();
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
        ...(isOfUsers && 'value' in rate
          ? [measured('error rate', rate.value.check, { seconds, answer: 'highErrorRate' })]
          : []),
        ...('value' in memory ? leastUse(memory.value) : []).map((use) => {
          const check = memoryCheck(use, memoryPercent, 'highMemory');
          const high = measured(check.name, check, { seconds, mustLast: memoryFor, answer: 'highMemory' });
          return { ...high, input: { measureSeconds: Math.min(memoryFor, STILL_HIGH_SECONDS) } };
        }),
        ...('value' in recent ? recent.value : []).map((check) =>
          measured('recent backup', check, { seconds, answer: 'backupFailure' }),
        ),
      ],
      unmeasured: [rate, memory, recent].filter((one) => 'because' in one),
    };
  };

  /** A folder that is not there, or may not be read, holds no backup that anybody could use: a finding like any other. */
  async function recentBackups(context: ReadContext): Promise<readonly CheckResult[]> {
    try {
      return (await checkBackups(context, {})).checks;
    } catch (error) {
      if (!(error instanceof OperationError) || !UNREADABLE.includes(error.code)) throw error;
      const { folder, maxAge } = config.backups;
      const check = recentBackup([], { now: Date.now(), maxAge, folder });
      return [{ ...check, got: withHint(error) }];
    }
  }

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
