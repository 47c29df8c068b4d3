import type { OperationContext } from '../child-messages.ts';
import { hashFile } from '../files/durable-file.ts';
import { explainFailure } from '../files/explain-failure.ts';

/** Size and sha256 of an archive, as it lies there. Changes nothing. */
export async function hashArchive(
  { archive }: { archive: string },
  { signal, onProgress }: OperationContext,
): Promise<{ bytes: number; sha256: string }> {
  try {
    return await hashFile(archive, (bytes) => onProgress({ phase: 'hashing', bytes, totalBytes: 0 }), signal);
  } catch (cause) {
    throw explainFailure('hashArchive', cause, archive);
  }
}
