import { ActivityFailure, isCancellation } from '@temporalio/workflow';
import type { CheckResult } from '../contracts/calls.ts';
import { describeFailure, StepFailed } from './failure.ts';
import { goesLaterWay, type LaterChange } from './later-change.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/**
 * Measures something once users are in: what cannot be measured is reported as not proven, and is no reason to take
 * away what works. `name` is what is measured. A stop is still a stop. `since`: what runs of earlier versions ended over.
 */
export function orNotProven(
  run: Run<StepsById>,
  name: string,
  measure: () => Promise<void>,
  since?: LaterChange,
): Promise<void> {
  return orCheck(run, measure, { name, status: 'not proven', answer: 'look by hand' }, since);
}

/** Like `orNotProven`, for what others go on with: null when it cannot be measured. */
export async function provenOrNull<Result>(
  run: Run<StepsById>,
  name: string,
  measure: () => Promise<Result>,
  since?: LaterChange,
): Promise<Result | null> {
  let result: Result | null = null;
  const keep = async () => {
    result = await measure();
  };
  await orNotProven(run, name, keep, since);
  return result;
}

/** Measures one of several things of which each counts: what cannot be measured has failed, and the others go on. */
export function orFailed(
  run: Run<StepsById>,
  { name, answer }: { readonly name: string; readonly answer: string },
  measure: () => Promise<void>,
  since?: LaterChange,
): Promise<void> {
  return orCheck(run, measure, { name, status: 'fail', answer }, since);
}

async function orCheck(
  run: Run<StepsById>,
  measure: () => Promise<void>,
  otherwise: Pick<CheckResult, 'name' | 'status' | 'answer'>,
  since: LaterChange | undefined,
): Promise<void> {
  try {
    await measure();
  } catch (error) {
    const couldNotMeasure = error instanceof StepFailed || error instanceof ActivityFailure;
    if (!couldNotMeasure || isCancellation(error)) throw error;
    if (since !== undefined && !goesLaterWay(since)) throw error;
    const got =
      error instanceof StepFailed ? error.message : describeFailure(error, run.host?.taskQueue ?? '').message;
    run.verify([{ ...otherwise, expected: 'measured', got }], 'report');
  }
}
