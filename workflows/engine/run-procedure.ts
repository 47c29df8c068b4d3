import { CancellationScope, setHandler, upsertSearchAttributes } from '@temporalio/workflow';
import type { RunReport } from '../contracts/report.ts';
import { fdtsHost, fdtsProcedure, fdtsWaiting } from '../contracts/search-attributes.ts';
import { progressQuery } from '../messages.ts';
import { closeRun } from './close-run.ts';
import { Decisions } from './decisions.ts';
import { type Ending, endAfter, endingOfChecks } from './ending.ts';
import { RunEnds } from './failure.ts';
import { findHost, machineOf } from './find-host.ts';
import { freezeSection } from './freeze.ts';
import { type CommonInput, exampleInput, inputFields, inputProblems, requiredFields } from './input.ts';
import { listenForProgress } from './listen-for-progress.ts';
import type { Procedure, StepsById } from './procedure.ts';
import { Run } from './run.ts';
import type { RunHost } from './run-record.ts';

/**
 * The one interpreter: finds the host, takes its hold, runs the body's steps, rolls back in a scope that nothing can
 * cancel, writes the report, releases the hold, and closes the run as its outcome says.
 */
export async function runProcedure<Input extends CommonInput, Steps extends StepsById>(
  procedure: Procedure<Steps>,
  rawInput: Input | undefined,
  body: (run: Run<Steps>, input: Partial<Input>) => Promise<void>,
  { holdsLater = () => false, atMachine }: HostOptions<Input> = {},
): Promise<RunReport> {
  // The UI sends null for an empty input.
  const input: Partial<Input> = rawInput ?? {};
  const bodyScope: BodyScope = { current: null };
  const shown: { run: Run<Steps> | null } = { run: null };
  const decisions = new Decisions(
    () => bodyScope.current?.cancel(),
    () => shown.run?.show(),
  );
  const run = new Run(procedure, decisions, input);
  shown.run = run;
  setHandler(progressQuery, () => run.progress(), {
    description: 'Every step with its state, and the open gate',
  });
  listenForProgress(run);
  listenForCancel(decisions, bodyScope);
  return CancellationScope.nonCancellable(async () => {
    upsertSearchAttributes([
      { key: fdtsProcedure, value: procedure.type },
      { key: fdtsWaiting, value: false },
    ]);
    run.show();
    const ending = await attempt(run, rawInput, async () => {
      const host = input.host ?? null;
      run.host =
        atMachine === undefined
          ? await findHost(run, host, holdsLater(input))
          : machineOf(run, host, atMachine(input));
      noteFreeze(run, run.host);
      upsertSearchAttributes([{ key: fdtsHost, value: run.host.name }]);
      bodyScope.current = new CancellationScope();
      run.requireNotStopped();
      await bodyScope.current.run(() => body(run, input));
      // An abort that the last step did not notice was still answered "the run stops".
      run.requireNotStopped();
      if (run.wayBack.safeState !== null) throw new RunEnds('contained', 'nobody approved to leave it');
    });
    return closeRun(run, ending);
  });
}

/** What goes on in a freeze says so, whoever reads the report. */
function noteFreeze(run: Run<StepsById>, { freeze }: RunHost): void {
  if (freeze === undefined || !run.procedure.mutating) return;
  const section = freezeSection(freeze, run.freezeClaim);
  if (section !== null) run.section(section.title, section.lines);
}

interface HostOptions<Input> {
  /** Whether the body takes the host's hold itself, because its work does not begin at once. */
  readonly holdsLater?: (input: Partial<Input>) => boolean;
  /** The machine that is meant, by its id: another one may have the name of its host by now. */
  readonly atMachine?: (input: Partial<Input>) => string;
}

interface BodyScope {
  current: CancellationScope | null;
}

async function attempt(run: Run<StepsById>, rawInput: unknown, work: () => Promise<void>): Promise<Ending> {
  try {
    refuseBadInput(run.procedure, rawInput);
    await work();
    return endingOfChecks(run);
  } catch (error) {
    return endAfter(run, error);
  }
}

function refuseBadInput(procedure: Procedure, rawInput: unknown): void {
  const fields = inputFields(procedure);
  const problems = inputProblems(rawInput, fields);
  if (problems.length > 0) {
    throw new RunEnds(
      'refused',
      `${problems.join('; ')}. A correct input is ${exampleInput(fields)}${requiredFields(fields).length === 0 ? ', or none at all' : ''}`,
    );
  }
}

function listenForCancel(decisions: Decisions, bodyScope: BodyScope): void {
  CancellationScope.current().cancelRequested.catch(() => {
    if (decisions.cancelled(Date.now())) bodyScope.current?.cancel();
  });
}
