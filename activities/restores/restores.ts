import type { StagedRestore } from '../../workflows/contracts/restore-plan.ts';
import type { BackupPace } from '../../workflows/contracts/window-plan.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { adviceOnCopies } from '../backups/find-archive.ts';
import { asideFolder, requireClosed } from '../database/database.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { stackMutations } from '../stack/stack.ts';
import { noteStaged, uploadsToCompareWith } from './compared-archive.ts';
import { giveBackOwners } from './restore-owners.ts';
import { salvageLines } from './salvage-lines.ts';

/** Putting the data of a backup in the place of the live data, and back. */
export function restoreMutations(host: Host) {
  const { config, data, openFiles } = host;
  const { database, uploads, uploadsExclude: without, coreTables, allowForeignKeyViolations } = config.data;
  const placeOf = (stamp: string) => ({
    database,
    uploads,
    without,
    asideDir: asideFolder(config, stamp),
    runId: stamp,
  });

  /**
   * Extracts a backup beside the live data, proves all of it, and gives its uploads to whom they belonged, unless those of now
   * are kept. Changes: a folder of the run's own. Repeating it finds what is there; a failure or a kill leaves a part of it, which its undo removes.
   */
  const stageRestore: Mutation<
    {
      readonly archive: string;
      readonly hasManifest: boolean;
      readonly keepsUploadsUnlessWhole?: boolean;
    },
    StagedRestore
  > = async (
    { effects, stamp, signal, progress },
    { archive, hasManifest, keepsUploadsUnlessWhole = false },
  ) => {
    const place = placeOf(stamp);
    const stage = async () =>
      data.stageRestore(
        {
          ...place,
          archive,
          keepsUploadsUnlessWhole,
          coreTables,
          allowForeignKeyViolations,
          ...(hasManifest
            ? { manifest: `${archive}.manifest.json` }
            : await uploadsToCompareWith(host, archive, signal)),
        },
        { signal, onProgress: progress },
      );
    const made = await effects.perform(
      `fdts-ops: extract ${archive} into ${place.asideDir} and check all of it`,
      () => stage().catch((error: unknown) => sayWhichCopyIsGood(archive, error, signal)),
      null,
    );
    if (made === null) return { ...NOT_STAGED_YET, archive };
    const { tables, owners, ...staged } = made;
    await noteStaged(data, made, hasManifest);
    const givenBack =
      made.keepsUploads === true ? [] : await giveBackOwners(host, { ...place, owners }, { signal });
    const findings = [...staged.findings, ...givenBack];
    return {
      ...staged,
      findings,
      coreRows: Object.fromEntries(coreTables.map((name) => [name, tables[name] ?? 0])),
    };
  };

  /** A bad archive, or one that cannot be read, may have a good copy: the message names it, ready for the next start. */
  async function sayWhichCopyIsGood(archive: string, error: unknown, signal: AbortSignal): Promise<never> {
    const isOfArchive =
      error instanceof OperationError && ['BACKUP_INVALID', 'BACKUP_UNREADABLE'].includes(error.code);
    if (!isOfArchive) throw error;
    const advice = await adviceOnCopies(host, archive, signal).catch(() => '');
    if (advice === '') throw error;
    const { code, operation, target, cause, hint, retryable } = error;
    throw new OperationError({
      code,
      operation,
      target,
      cause,
      hint: `${hint}; there is ${advice}`,
      retryable,
    });
  }

  /** Removes what was staged. What a restore that was taken back left of its own stays aside. Repeating it does nothing. */
  const discardStaged: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) =>
    effects.perform(
      `fdts-ops: remove what was staged in ${asideFolder(config, stamp)}`,
      () => data.discardStaged(placeOf(stamp), { signal }),
      null,
    );

  /**
   * Proves that nothing has the database open, and swaps database and uploads (unless these stay) for the staged ones by renames.
   * Changes: both; the old ones lie aside untouched. Repeating it goes on where it was cut off; whatever it leaves, its undo takes
   * back whole.
   */
  const swapInRestored: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) => {
    const place = placeOf(stamp);
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    return effects.perform(
      `fdts-ops: move ${database}, and what is in ${uploads} unless the uploads stay, to ${place.asideDir}, the restored ones into their place`,
      async () => {
        await data.swapInRestored(place, { signal });
        return null;
      },
      null,
    );
  };

  /** Puts the old database and uploads back; what took their place is kept aside. Repeating it does nothing more. */
  const takeBackRestored: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) => {
    const place = placeOf(stamp);
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    return effects.perform(
      `fdts-ops: move the old database, and the uploads that were moved with it, back from ${place.asideDir} to ${database} and ${uploads}`,
      async () => {
        await data.takeBackRestored(place, { signal });
        return null;
      },
      null,
    );
  };

  /**
   * Starts the services that ran before a restore. Where the app was healthy it has to be so again; where it was not,
   * that is how it was. Changes: containers. Safe to repeat.
   */
  const startAsBefore: Mutation<
    { readonly services: readonly string[]; readonly wasHealthy: boolean },
    { readonly lines: readonly string[] }
  > = async (context, { services, wasHealthy }) => {
    const { startServices } = stackMutations(host);
    if (wasHealthy) {
      await startServices(context, { services, verify: true });
      return { lines: [] };
    }
    const lines: string[] = [];
    for (const service of services) lines.push(...(await startAnyway(context, service)));
    return { lines };
  };

  async function startAnyway(context: MutationContext, service: string): Promise<string[]> {
    try {
      await stackMutations(host).startServices(context, { services: [service], verify: false });
      return [];
    } catch (error) {
      context.signal.throwIfAborted();
      if (!(error instanceof OperationError)) throw error;
      return [`${service} is not healthy, as before the run: ${error.message}`];
    }
  }

  /**
   * Copies the rows that only the old database has into a file of their own, and lists the uploads that the backup does
   * not have: before the swap, fast because users wait, or once users are in. Changes: files in the aside folder; the old
   * data is only read. Repeating it answers the same.
   */
  const salvageRestored: Mutation<
    { readonly pace?: BackupPace },
    { readonly lines: readonly string[] }
  > = async ({ effects, stamp, signal, progress }, { pace = config.backups.pace }) => {
    const place = placeOf(stamp);
    const made = await effects.perform(
      `fdts-ops: copy the rows that only the old database has into ${place.asideDir}/salvage.sqlite`,
      () => data.salvageRows({ ...place, pace }, { signal, onProgress: progress }),
      null,
    );
    return { lines: made === null ? [] : salvageLines(made) };
  };

  return {
    stageRestore,
    discardStaged,
    swapInRestored,
    takeBackRestored,
    startAsBefore,
    salvageRestored,
  };
}

// In a dry run nothing is extracted; these stand in for what only a real run can know.
const NOT_STAGED_YET = {
  bytes: 0,
  sha256: 'known only at run time',
  createdAt: 'known only at run time',
  coreRows: {},
  schemaHash: 'known only at run time',
  userVersion: 0,
  uploads: { count: 0, bytes: 0 },
  findings: [],
};
