import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { OperationError } from '../adapters/operation-error.ts';

/** The site's script ended badly; `kept`: the file on the host that has all that it said. */
export function siteScriptFailed(target: string, cause: string, kept: string | null): OperationError {
  const half = 'What it left half-written is not removed: backupVerification names it.';
  return new OperationError({
    code: 'SITE_BACKUP_FAILED',
    operation: 'siteBackup',
    target,
    cause,
    hint: kept === null ? half : `All that it said is on the host: sudo cat ${shellQuote(kept)}. ${half}`,
    retryable: false,
  });
}
