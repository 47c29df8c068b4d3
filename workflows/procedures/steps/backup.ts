import type { BackupMade } from '../../contracts/window-plan.ts';
import { change, read } from '../../engine/calls.ts';
import type { StepsById } from '../../engine/procedure.ts';
import type { Run } from '../../engine/run.ts';

/** What a backup goes by in the host's file. */
export const backupSettings = [
  'backups.pace',
  'backups.rateLimit',
  'backups.external',
  'backups.command',
] as const;

/** What removing old backups goes by. */
export const retentionSettings = [
  'backups.keep',
  'backups.keepFor',
  'backups.retainSite',
  'backups.retainExternal',
  'maintenance.rollbackRetention',
] as const;

type Named = Pick<BackupMade, 'archive' | 'source'>;

/** A backup counts only when it was restored into scratch; `onFail`: what a bad one means for the run. */
export async function proveBackup(
  run: Run<StepsById & { readonly 'verify-backup': StepsById[string] }>,
  { archive, source }: Named,
  onFail: 'rolled-back' | 'report',
): Promise<void> {
  const verified = await run.check('verify-backup', read.verifyBackup({ archive, source }), {
    says: 'known only at run time: the archive does not exist yet',
    result: { checks: [] },
  });
  run.verify(verified.checks, onFail);
}

/** The second copy, where one is configured; a person may leave it out. */
export async function copyBackup(
  run: Run<StepsById & { readonly 'copy-backup': StepsById[string] }>,
  { archive, source }: Named,
): Promise<void> {
  const copied = await run.tryChange('copy-backup', change.copyBackup({ archive, source }));
  if (copied?.copy === null) run.skip('copy-backup', NO_SECOND_COPY);
}

export const NO_SECOND_COPY = 'backups.external is not configured: there is no second copy';

/** What the report says of it. */
export function tellBackup(run: Run<StepsById>, { archive, bytes, sha256, how, warnings }: BackupMade): void {
  run.section('Backup', [`${archive}, ${bytes} bytes, sha256 ${sha256}`, how, ...warnings]);
}
