import type { SeenScript } from '../../workflows/contracts/emergency-plan.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import {
  runScriptOnce,
  type ScriptCall,
  scriptOutput,
  settleScript,
} from '../adapters/machine/site-script.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';
import { stackMutations } from '../stack/stack.ts';

/** A start and an end of the unit take a moment besides. */
const ALLOWANCE_MS = 60_000;

/** What of a script the run approved. */
interface ApprovedScript {
  readonly script: SeenScript;
  readonly seconds: number;
  /** What has to be stopped while it is not known whether the app works. */
  readonly services: readonly string[];
}

/** Running a script of the site as root, while FDTS is stopped. */
export function emergencyScriptMutations(host: Host) {
  const { stopServices } = stackMutations(host);

  /**
   * Runs the script once, if it still is what was approved. Changes: whatever it changes. Repeating it waits for the one
   * that runs and never starts it again; one that a power failure cut off counts as failed. What it started of FDTS is
   * stopped again: users come in at the cut-over.
   */
  const runScript: Mutation<ApprovedScript, { readonly lines: readonly string[] }> = async (
    context,
    { script, seconds, services },
  ) => {
    const { effects, stamp, signal } = context;
    const step = stepOf(stamp);
    const call = { name: script.name, sha256: script.sha256, seconds };
    const output = scriptOutput(step, call);
    const code = await effects.perform(
      `${shellQuote(script.path)}    # as root, sha256 ${script.sha256}, at most ${seconds} s; its output: ${output}`,
      () => runScriptOnce(step, call, { timeoutMs: limitOf(call), signal }),
      0,
    );
    if (code !== 0) throw failed(script, code, output);
    await stopServices(context, { services });
    return {
      lines: [
        `${script.path}, sha256 ${script.sha256}`,
        effects.dryRun ? 'only in a real run' : `exit code 0; what it printed is on the host: ${output}`,
      ],
    };
  };

  /**
   * Waits until the script has ended, at the latest after its time, and stops what it started of FDTS. Changes: containers
   * stop; what the script did stays. Safe to repeat, also when it never began.
   */
  const endScript: Mutation<ApprovedScript, { readonly lines: readonly string[] }> = async (
    context,
    { script, seconds, services },
  ) => {
    const { effects, stamp, signal } = context;
    const call = { name: script.name, sha256: script.sha256, seconds };
    await effects.perform(
      `# waits until ${script.path} has ended`,
      () => settleScript(stepOf(stamp), call, { timeoutMs: limitOf(call), signal }),
      undefined,
    );
    await stopServices(context, { services });
    return {
      lines: [`WHAT ${script.path} DID BESIDES STAYS: it cannot be taken back by itself, look at it by hand`],
    };
  };

  return { runScript, endScript };
}

function stepOf(stamp: string) {
  return { run: runName(stamp), step: 'run-script' };
}

function limitOf({ seconds }: ScriptCall): number {
  return seconds * 1000 + ALLOWANCE_MS;
}

function failed({ path }: SeenScript, code: number, output: string): OperationError {
  const isLate = code === 124 || code === 137;
  return new OperationError({
    code: 'SCRIPT_FAILED',
    operation: 'runScript',
    target: path,
    cause: isLate ? `ended after its time (exit code ${code})` : `exit code ${code}`,
    // It may have printed secrets.
    hint: `What it printed is on the host alone: sudo cat ${shellQuote(output)}`,
    retryable: false,
  });
}
