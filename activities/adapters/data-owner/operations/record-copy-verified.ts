import { lstat } from 'node:fs/promises';
import { readVerifiedRecord } from '../archive/verified-record.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { recordVerified } from './record-verified.ts';

/**
 * A copy that was read back with the hash of a verified archive is verified as well: its record says so. Does nothing
 * when the original is not verified. Repeating it is safe.
 */
export async function recordCopyVerified(
  { from, to, sha256 }: { from: string; to: string; sha256: string },
  context: OperationContext,
): Promise<{ recorded: boolean }> {
  try {
    const record = await readVerifiedRecord(from, await lstat(from));
    if (record?.sha256 !== sha256) return { recorded: false };
    const { bytes, mode, partial, tables, uploads, source, host } = record;
    const seen = {
      sha256,
      bytes,
      mode,
      ...(partial !== undefined && { partial }),
      tables,
      uploads,
      source,
      ...(host !== undefined && { host }),
    };
    await recordVerified({ archive: to, ...seen }, context);
    return { recorded: true };
  } catch (cause) {
    throw explainFailure('recordCopyVerified', cause, to);
  }
}
