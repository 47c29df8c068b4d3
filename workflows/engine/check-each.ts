import { isCancellation } from '@temporalio/workflow';
import type { Call } from '../contracts/calls.ts';
import { describeFailure, RunEnds, StepFailed } from './failure.ts';
import type { StepsById } from './procedure.ts';
import type { Run } from './run.ts';

/** How a reading step treats each of its items. */
export interface Each<Item, Result> {
  readonly call: (item: Item) => Call<string, Result>;
  /** What stands for an item whose call failed for good: one of them hides nothing of the others. */
  readonly orElse: (item: Item, told: string) => Result;
  /** Told of each result as it comes, so that a run that ends in the middle reports what it has. */
  readonly take: (item: Item, result: Result) => void;
}

/** Runs a reading step that is one call for each item, one after the other: a call that was cut is repeated alone. */
export async function checkEach<Steps extends StepsById, Item, Result>(
  run: Run<Steps>,
  id: keyof Steps & string,
  items: readonly Item[],
  { call, orElse, take }: Each<Item, Result>,
): Promise<void> {
  const host = run.host;
  if (host === null) throw new RunEnds('refused', 'no host is known yet');
  const record = run.begin(id);
  for (const [index, item] of items.entries()) {
    run.mark(record, 'running', `${index} of ${items.length} done`);
    try {
      run.requireNotStopped();
      take(item, await run.read(host, call(item), id));
    } catch (error) {
      const failure = describeFailure(error, host.taskQueue);
      const stops = isCancellation(error) || failure.type === 'WORKER_ABSENT';
      if (stops) run.end(record, 'failed', isCancellation(error) ? 'stopped' : failure.message);
      if (isCancellation(error)) throw error;
      if (stops) throw new StepFailed(id, failure);
      take(item, orElse(item, failure.message));
    }
  }
  run.end(record, 'done', `${items.length} of ${items.length} done`);
}
