import path from 'node:path';
import type { SiteBundle } from '../../workflows/contracts/new-site.ts';
import { bundleBeside } from '../adapters/configuration-bundle/bundle-beside.ts';
import type { FoundBackup } from '../adapters/data-owner/newest-backup.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { findArchive } from '../backups/find-archive.ts';
import type { Host } from '../host.ts';

/** What a person named to recover from; null: as found. */
export interface NamedSources {
  /** Full path, or the file name of one in the backup folders. */
  readonly archive: string | null;
  readonly bundle: string | null;
  readonly identityFile: string | null;
  readonly passphraseFile: string | null;
}

/** What a recovery is made from. */
interface RecoverySources {
  readonly archive: FoundBackup & { readonly passedOver: string | null; readonly why: readonly string[] };
  readonly bundle: SiteBundle;
}

interface SourcesHost {
  readonly config: Host['config'];
  readonly data: Pick<Host['data'], 'listBackups'>;
}

/** The archive, and the bundle with what opens it, that a recovery with this host's configuration is made from. */
export async function recoverySources(
  host: SourcesHost,
  named: NamedSources,
  signal: AbortSignal,
): Promise<RecoverySources> {
  const archive = await chooseArchive(host, named.archive, signal);
  const { identityFile, passphraseFile = null } = host.config.bundle;
  return {
    archive,
    bundle: {
      bundle: named.bundle ?? bundleBeside(archive.archive),
      identityFile: named.identityFile ?? identityFile,
      passphraseFile: named.passphraseFile ?? passphraseFile,
    },
  };
}

async function chooseArchive(
  host: SourcesHost,
  archive: string | null,
  signal: AbortSignal,
): Promise<RecoverySources['archive']> {
  if (archive === null || !path.isAbsolute(archive))
    return findArchive(host, archive, signal, { takesOver: true }).then((chosen) => ({
      ...chosen,
      why: [chosen.told],
    }));
  const listed = await host.data.listBackups({ directory: path.dirname(archive) }, { signal });
  const found = listed.find((one) => one.archive === archive);
  if (found !== undefined) return { ...found, passedOver: null, why: [] };
  throw new OperationError({
    code: 'NO_ARCHIVE',
    operation: 'find',
    target: archive,
    cause: 'it is not there, or is not called fdts_backup_YYYYMMDD_HHMMSS.tar.gz',
    hint: 'Copy the archive (with its .manifest.json) to this machine, readable for the owner of the data, and name its full path.',
    retryable: false,
  });
}
