import { CancellationScope, isCancellation, log, sleep } from '@temporalio/workflow';
import type { ReportSection } from '../contracts/report.ts';
import { askPerson, type GateRequest, type GateWatch, questionOf } from './ask-person.ts';
import type { Answer } from './decisions.ts';
import { withFreeze } from './freeze.ts';
import { goesLaterWay } from './later-change.ts';
import type { StepsById } from './procedure.ts';
import type { RunRecord } from './run-record.ts';

const USUAL_PAUSE_SECONDS = 300;
/** For whoever has answered, and is asked again. */
const LEAST_TIME_SECONDS = 600;
/** A short wait is looked after at least so often. */
const LEAST_LOOKS = 4;
/** Each look is some events of the run's history, and a gate may wait for months. */
const MOST_LOOKS = 500;

/**
 * Asks as `askPerson` does. What the gate's watch sees while it waits, or once it was answered, opens it again with the plan
 * as it is by then: an approval of the plan before counts for nothing. The time that it waits does not begin anew, but leaves
 * whoever answered at its end the time to answer again.
 */
export async function askUnderWatch(
  run: RunRecord<StepsById>,
  step: string,
  request: GateRequest,
  seconds: number,
): Promise<Answer | null> {
  const { watch } = request;
  if (watch === undefined || !goesLaterWay('gate-is-watched'))
    return askPerson(run, questionOf(step, request), seconds);
  const until = Date.now() + seconds * 1000;
  let pause = Math.max(Math.min(USUAL_PAUSE_SECONDS, seconds / LEAST_LOOKS), seconds / MOST_LOOKS);
  let asked = request;
  let least = 0;
  for (;;) {
    const left = (until - Date.now()) / 1000;
    const { answer, found } = await askAndLook(run, questionOf(step, asked), Math.max(left, least), {
      watch,
      pause,
    });
    const last = found.news === null && answer !== null ? await look(watch) : null;
    // A look that was under way when the answer came tells its news only now, and the one after it sees nothing new.
    const news = found.news ?? last;
    if (news === null) return answer;
    if (answer !== null) least = Math.min(seconds, LEAST_TIME_SECONDS);
    const plan = watch.plan();
    asked = withFreeze({ ...request, plan, reopenedBecause: news }, run.host?.freeze, run.freezeClaim);
    run.sections.push(planSection(asked));
    // What comes again and again is told ever more rarely.
    pause *= 2;
  }
}

/** What was asked, for the report. */
export function planSection({ plan }: Pick<GateRequest, 'plan'>): ReportSection {
  return {
    title: 'Plan',
    lines: plan.flatMap((part) => [part.title, ...part.lines.map((line) => `  ${line}`)]),
  };
}

/** What a look has seen, as soon as it has. */
interface News {
  news: string | null;
}

async function askAndLook(
  run: RunRecord<StepsById>,
  question: ReturnType<typeof questionOf>,
  seconds: number,
  { watch, pause }: { readonly watch: GateWatch; readonly pause: number },
): Promise<{ readonly answer: Answer | null; readonly found: News }> {
  const found: News = { news: null };
  const scope = new CancellationScope();
  void scope
    .run(async () => {
      while (found.news === null) {
        await sleep(pause * 1000, { summary: 'until it is seen whether the plan still holds' });
        found.news = await look(watch);
      }
    })
    .catch((error: unknown) => {
      if (!isCancellation(error)) log.warn('the gate is not watched', { error: String(error) });
    });
  try {
    const answer = await askPerson(run, question, seconds, () => found.news !== null);
    return { answer, found };
  } finally {
    scope.cancel();
  }
}

/** What cannot be seen now keeps nobody from answering. */
async function look(watch: GateWatch): Promise<string | null> {
  try {
    return await watch.look();
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('it was not seen whether the plan still holds', { error: String(error) });
    return null;
  }
}
