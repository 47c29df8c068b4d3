import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { type ScriptHost, siteScript } from './site-script.ts';

/** Whether the site's own script can be run, when one is configured: said before anything is changed. */
export async function siteScriptChecks(host: ScriptHost, signal: AbortSignal): Promise<CheckResult[]> {
  const { command } = host.config.backups;
  if (command === null) return [];
  const { service, hostScript } = command;
  const check = {
    name: "the site's backup script can be run",
    expected:
      hostScript === null
        ? `a running container of service ${service}`
        : 'a file of root, directly in emergency.scripts, that nobody else can change',
  };
  try {
    return [{ ...check, status: 'pass', got: await siteScript(host, command, signal).examine() }];
  } catch (error) {
    if (!(error instanceof OperationError) || error.retryable) throw error;
    return [{ ...check, status: 'fail', got: error.message, answer: error.hint }];
  }
}
