import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { containerOf, type SiteHost } from './site-backup.ts';

/** Whether the site's own script can be run, when one is configured: said before anything is changed. */
export async function siteScriptChecks(host: Omit<SiteHost, 'data'>): Promise<CheckResult[]> {
  const { command } = host.config.backups;
  if (command === null) return [];
  const check = {
    name: "the site's backup script can be run",
    expected: `a running container of service ${command.service}`,
  };
  try {
    return [{ ...check, status: 'pass', got: await containerOf(host, command.service) }];
  } catch (error) {
    if (!(error instanceof OperationError) || error.retryable) throw error;
    return [{ ...check, status: 'fail', got: error.message, answer: error.hint }];
  }
}
