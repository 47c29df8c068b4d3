import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { RootTaskStep } from '../adapters/command/root-task.ts';
import {
  endScript,
  examineScript,
  runScriptOnce,
  type ScriptCall,
  scriptOutput,
  scriptState,
} from '../adapters/machine/site-script.ts';
import { runName } from '../stack/images.ts';
import type { BegunScript, SiteScript } from './site-script.ts';
import { siteScriptFailed } from './site-script-failed.ts';

const LOOK_MS = 60_000;
/** As `timeout` ends with when it had to end what it ran. */
const ENDED_LATE = [124, 137];

/**
 * The site's script on the host itself, as root: a file of the folder that only root fills. It runs in a unit of its own,
 * under a name that the moment of its beginning is part of: a failed one may be begun again.
 */
export function hostScript(
  { emergency }: Pick<HostConfig, 'emergency'>,
  { name, timeout }: { readonly name: string; readonly timeout: number },
  signal: AbortSignal,
): SiteScript {
  const file = path.join(emergency.scripts ?? '', name);
  const look = { timeoutMs: LOOK_MS, signal };
  const callOf = ({ exec }: BegunScript): ScriptCall => ({ name, sha256: exec, seconds: timeout });
  const hashNow = async () => (await examineScript(name, look)).sha256;

  async function runToItsEnd(begun: BegunScript): Promise<void> {
    const [step, call] = [stepOf(begun), callOf(begun)];
    try {
      const code = await runScriptOnce(step, call, { timeoutMs: timeout * 1000 + LOOK_MS, signal });
      if (code === 0) return;
      const cause = ENDED_LATE.includes(code)
        ? `still running after ${timeout} s; it was ended`
        : `exit code ${code}`;
      // What a script of root prints may be secret.
      throw siteScriptFailed(file, cause, scriptOutput(step, call));
    } catch (error) {
      if (signal.aborted) await endScript(step, call, { timeoutMs: LOOK_MS });
      throw error;
    }
  }

  return {
    command: `sudo ${shellQuote(file)}`,
    examine: async () => `${file}, sha256 ${await hashNow()}`,
    prepare: hashNow,
    isKnown: async (begun) => (await scriptState(stepOf(begun), callOf(begun), look)) !== 'lost',
    runToItsEnd,
  };
}

function stepOf({ stamp, startedAt }: BegunScript): RootTaskStep {
  return { run: runName(stamp), step: `site-backup-${startedAt}` };
}
