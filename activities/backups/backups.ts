import path from 'node:path';
import type { BackupSource } from '../../workflows/contracts/backup-verdict.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import type { BackupMade, BackupPace } from '../../workflows/contracts/window-plan.ts';
import type { Mutation, MutationContext, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { restoreObstaclesCheck } from '../restores/restore-obstacles.ts';
import { liveDatabaseMountCheck } from '../survey/database-mount.ts';
import { integrityOf } from '../survey/integrity.ts';
import { checkAppsSqlite } from './apps-sqlite.ts';
import { secondCopyCheck } from './external-storage.ts';
import { recentBackup } from './recent-backup.ts';
import { roomChecks } from './room-checks.ts';
import { runSiteBackup } from './site-backup.ts';
import { siteScriptChecks } from './site-backup-check.ts';
import { type SiteCommand, siteScript } from './site-script.ts';
import { foreignKeyCheck, violationLines } from './soundness.ts';
import { adviceOn, describePace } from './tell-backup.ts';
import { uploadsChecks } from './uploads-check.ts';
import { writersCheck } from './writers-wait.ts';

/** Making and copying backups. */
export function backupMutations(host: Host) {
  const { config, data } = host;
  const { folder, external, command, rateLimit } = config.backups;

  /**
   * Backs up the live database and the uploads into one archive named by the run's start (`named`: by another time of the
   * run, for its second one or one that is made long after), or by the site's own script
   * when one is configured. Changes: a new archive and its manifest (none for the site's). Repeating it finds the
   * finished archive of the same run; a kill leaves a `.part` file that the next attempt replaces, or a script of the
   * site that runs on, for whose end the next attempt waits.
   */
  const makeBackup: Mutation<{ readonly pace?: BackupPace; readonly named?: string }, BackupMade> = async (
    context,
    { pace = config.backups.pace, named = context.stamp },
  ) => {
    if (command !== null) return makeSiteBackup(host, command, { ...context, stamp: named });
    const limits = { pace, megabytesPerSecond: pace === 'gentle' ? rateLimit : null };
    const archive = path.join(folder, `fdts_backup_${named}.tar.gz`);
    const { database, uploads, uploadsExclude: without } = config.data;
    const made = await context.effects.perform(
      `fdts-ops: back up ${database} and ${uploads} into ${archive}`,
      () =>
        data.createBackup(
          {
            database,
            uploads,
            without,
            archive,
            manifest: `${archive}.manifest.json`,
            runId: named,
            host: config.host.name,
            ...limits,
          },
          { signal: context.signal, onProgress: context.progress },
        ),
      null,
    );
    if (made === null)
      return {
        ...NOT_MADE_YET,
        archive,
        manifest: `${archive}.manifest.json`,
        source: 'fdts-ops',
        how: describePace(limits),
      };
    return {
      archive: made.archive,
      source: 'fdts-ops',
      manifest: made.manifest,
      bytes: made.bytes,
      sha256: made.sha256,
      databaseRows: made.database.tables,
      uploads: made.uploads.count,
      warnings: [
        ...made.warnings,
        ...adviceOn(made, config.data),
        ...violationLines(made.database.foreignKeyViolations ?? 0),
      ],
      how: `${describePace(made.made ?? limits)}${made.partial ? '; PARTIAL: content of users is missing, see the lines below' : ''}`,
    };
  };

  /**
   * Copies the archive and its manifest to external storage and reads the copy back. Changes: two files there, never
   * overwriting others. Repeating it finds the equal copy; a kill leaves a `.part` file.
   */
  const copyBackup: Mutation<
    { readonly archive: string; readonly source: BackupSource },
    { readonly copy: string | null }
  > = async (context, { archive, source }) => {
    if (external === null) return { copy: null };
    const to = path.join(external, path.basename(archive));
    const withManifest = source === 'fdts-ops';
    await context.effects.perform(
      `cp ${shellQuote(archive)} ${withManifest ? `${shellQuote(`${archive}.manifest.json`)} ` : ''}${shellQuote(external)}/    # and compared by hash`,
      async () => {
        const { sha256 } = await data.copyVerified(
          { from: archive, to, withManifest },
          { signal: context.signal, onProgress: context.progress },
        );
        await data.recordCopyVerified({ from: archive, to, sha256 });
      },
      undefined,
    );
    return { copy: to };
  };

  return { makeBackup, copyBackup };
}

async function makeSiteBackup(
  host: Host,
  command: SiteCommand,
  { effects, stamp, signal }: MutationContext,
): Promise<BackupMade> {
  const made = await effects.perform(
    siteScript(host, command, signal).command,
    () => runSiteBackup(host, command, { stamp, signal }),
    { archive: path.join(host.config.backups.folder, 'named-by-the-script.tar.gz'), bytes: 0, sha256: '' },
  );
  return { ...NOT_MADE_YET, ...made, source: 'site', manifest: null, how: "by the site's own script" };
}

/** Whether a backup can be made, and whether a recent one exists. */
export function backupReads(host: Host) {
  const { config, data } = host;
  const { folder, maxAge } = config.backups;

  /** What a backup needs: a database that can be read, and room; `withCopy`: for a throwaway copy of the project, too. */
  const surveyBackup: Read<
    { readonly withCopy?: boolean },
    { readonly checks: readonly CheckResult[] }
  > = async ({ signal, stamp }, { withCopy = false }) => {
    const inspected = await data.inspectDatabase({ database: config.data.database, full: false }, { signal });
    const room = { databaseBytes: inspected.bytes, withCopy };
    return {
      checks: [
        {
          name: 'the database can be read',
          expected: 'quick check ok',
          ...integrityOf(inspected),
        },
        ...foreignKeyCheck(inspected.foreignKeyViolations),
        checkAppsSqlite(inspected),
        writersCheck(inspected),
        await liveDatabaseMountCheck(host, signal),
        ...(await roomChecks(host, room, signal)),
        ...(await uploadsChecks(host, signal)),
        await restoreObstaclesCheck(host, { stamp, signal }),
        ...(await siteScriptChecks(host, signal)),
        await secondCopyCheck(config),
      ],
    };
  };

  /** Whether a recent backup exists that was verified: a file that is only there proves nothing. */
  const checkBackups: Read<Record<string, never>, { readonly checks: readonly CheckResult[] }> = async ({
    signal,
  }) => {
    const backups = await data.listBackups({ directory: folder }, { signal });
    return { checks: [recentBackup(backups, { now: Date.now(), maxAge, folder })] };
  };

  return { surveyBackup, checkBackups };
}

// In a dry run no archive is made; these stand in for what only a real run can know.
const NOT_MADE_YET = {
  bytes: 0,
  sha256: 'known only at run time',
  databaseRows: {},
  uploads: 0,
  warnings: [],
};
