import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { verifiedRecordOf } from '../archive/verified-record.ts';
import type { OperationContext } from '../child-messages.ts';
import { syncFolder } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';

/**
 * Takes back that an archive was verified, since it was found bad: rot keeps size and time, so the record would go on to
 * count. Changes nothing else; repeating it does nothing.
 */
export async function forgetVerified(
  { archive }: { archive: string },
  _context: OperationContext,
): Promise<null> {
  try {
    await rm(verifiedRecordOf(archive), { force: true });
    await syncFolder(dirname(archive));
    return null;
  } catch (cause) {
    throw explainFailure('forgetVerified', cause, archive);
  }
}
