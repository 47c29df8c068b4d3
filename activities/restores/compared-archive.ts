import path from 'node:path';
import type { LiveUploads } from '../adapters/data-owner/archive/live-uploads.ts';
import type { StagedBackup } from '../adapters/data-owner/restore/restore-record.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { otherHostOf } from '../backups/of-another-host.ts';
import type { Host } from '../host.ts';

type ComparingHost = Pick<Host, 'config'> & {
  readonly data: Pick<Host['data'], 'listBackups'>;
};

/** What says what must be in an archive without a manifest: the uploads that users have. Nothing does of another host's. */
export async function uploadsToCompareWith(
  { config, data }: ComparingHost,
  archive: string,
  signal: AbortSignal,
): Promise<{ readonly live?: LiveUploads }> {
  const listed = await data
    .listBackups({ directory: path.dirname(archive) }, { signal })
    .catch((error: unknown) => {
      signal.throwIfAborted();
      if (!(error instanceof OperationError)) throw error;
      return [];
    });
  const found = listed.find((backup) => backup.archive === archive);
  if (found === undefined || otherHostOf(config, found) !== null) return {};
  const { uploads, uploadsExclude: without } = config.data;
  return { live: { uploads, without } };
}

/**
 * A staged archive counts as verified from here on, where something said what must be in it: else its record, or that there
 * is none, stays as it is. Where that cannot be noted (a read-only disk) the restore goes on.
 */
export async function noteStaged(
  data: Pick<Host['data'], 'recordVerified'>,
  staged: StagedBackup,
  hasManifest: boolean,
): Promise<void> {
  const { archive, bytes, sha256, partial, tables, uploads, isCompared = hasManifest } = staged;
  if (!isCompared) return;
  const source = hasManifest ? 'fdts-ops' : 'site';
  const record = { archive, bytes, sha256, partial, tables, uploads, source, mode: 'full' } as const;
  await data.recordVerified(record).catch(() => undefined);
}
