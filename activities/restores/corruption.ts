import type {
  CorruptionSurvey,
  DamagedFile,
  DatabaseVerdict,
  StagedNewestGood,
} from '../../workflows/contracts/mending-plan.ts';
import { isAhead } from '../adapters/data-owner/newest-backup.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { aheadLines, allNewestFirst } from '../backups/find-archive.ts';
import { asideFolder, requireClosed } from '../database/database.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { readModel } from '../stack/images.ts';
import { lastDowntime, surveyStop } from '../survey/survey-stop.ts';
import { judgeDatabase, look } from './judge-database.ts';
import { restoreObstaclesCheck } from './restore-obstacles.ts';
import { restoreMutations } from './restores.ts';

/** Finding out whether the database is corrupt. */
export function corruptionReads(host: Host) {
  const { config, data, app, openFiles, reports } = host;
  const { database, coreTables } = config.data;

  /**
   * What stopping and starting works with. `followUp`: FDTS lies stopped by an earlier run, so that only the compose file
   * still says what is to run, and how it is restarted.
   */
  const surveyCorruption: Read<{ readonly followUp: boolean }, CorruptionSurvey> = async (
    context,
    { followUp },
  ) => {
    const survey = await surveyStop(host, context);
    const health = await app.checkHealth({ through: 'proxy', signal: context.signal });
    const found = {
      ...survey,
      // A corrupt database is stopped all the same: it must not be written to. But whoever waits for the restore has to know.
      checks: [...survey.checks, await restoreObstaclesCheck(host, context, true)],
      isServing: health.ok,
      lastDowntimeSeconds: await lastDowntime(reports, 'databaseCorruption'),
    };
    return followUp ? { ...found, ...(await asComposeSays(survey, context.signal)) } : found;
  };

  async function asComposeSays(
    survey: Pick<CorruptionSurvey, 'policies' | 'stopOrder' | 'startOrder'>,
    signal: AbortSignal,
  ) {
    const { services } = await readModel(host, signal);
    const policies = survey.policies.map(({ service, policy }) => ({
      service,
      policy: services[service]?.restart ?? policy,
    }));
    const lasting = policies.filter(({ policy }) => policy !== 'no').map(({ service }) => service);
    const others = survey.stopOrder.toReversed().filter((service) => lasting.includes(service));
    const startOrder = [...new Set([...survey.startOrder, ...others])];
    return { policies, startOrder };
  }

  /** Integrity and foreign keys of the database as it is now, by the full checks. Reads only; users go on meanwhile. */
  const checkDatabase: Read<{ readonly closed: boolean }, DatabaseVerdict> = async (
    { signal, progress },
    { closed },
  ) => {
    if (closed) await requireClosed(database, openFiles, signal);
    const found = await look(() =>
      data.inspectDatabase({ database, full: true }, { signal, onProgress: progress }),
    );
    const { ok: isServing } = await app.checkHealth({ through: 'proxy', signal });
    return judgeDatabase(found, coreTables, { closed, isServing });
  };

  return { surveyCorruption, checkDatabase };
}

/** Getting ready to put a good backup in the place of a corrupt database. */
export function corruptionMutations(host: Host) {
  const { config, data, openFiles } = host;
  const { database } = config.data;

  /**
   * Writes down size and hash of the damaged files, before anything touches them. Changes: a list in a folder beside the database.
   * Repeating it keeps the first list; a failure leaves none.
   */
  const hashDamaged: Mutation<
    Record<string, never>,
    { readonly files: readonly DamagedFile[]; readonly list: string }
  > = async ({ effects, stamp, signal, progress }) => {
    // Apart from what is staged: that is removed again, and this has to stay.
    const asideDir = `${asideFolder(config, stamp)}-damaged`;
    if (!effects.dryRun) await requireClosed(database, openFiles, signal);
    return effects.perform(
      `fdts-ops: hash ${database} and what lies beside it into ${asideDir}/damaged.sha256`,
      () => data.hashDamaged({ database, asideDir }, { signal, onProgress: progress }),
      { files: [], list: `${asideDir}/damaged.sha256` },
    );
  };

  /**
   * Goes through the backups, newest first, until one stands every check, and extracts that beside the live data. The damage is
   * in the database: of a backup whose manifest does not say that it is whole the database alone takes the place of the live one.
   * Changes: a folder of the run's own; one that is found bad counts as verified no longer, one that cannot be read is not
   * proven bad. Repeating it begins anew, and finds what is staged; its undo removes what it leaves.
   */
  const stageNewestGood: Mutation<Record<string, never>, StagedNewestGood> = async (context) => {
    const { stageRestore } = restoreMutations(host);
    const bad: { archive: string; why: string }[] = [];
    const { archives, unread: folders } = await allNewestFirst(host, context.signal);
    const unread = [...folders];
    const ahead = archives.filter((one) => isAhead(one));
    for (const found of archives) {
      const { archive, manifest } = found;
      try {
        const wanted = { archive, hasManifest: manifest, keepsUploadsUnlessWhole: true };
        const staged = await stageRestore(context, wanted);
        return { staged, bad, unread: [...unread, ...(ahead.includes(found) ? [] : aheadLines(ahead))] };
      } catch (error) {
        context.signal.throwIfAborted();
        if (!(error instanceof OperationError)) throw error;
        if (error.code === 'BACKUP_INVALID') bad.push({ archive, why: error.message });
        else if (error.code === 'BACKUP_UNREADABLE')
          unread.push(`archive ${archive} could not be read: ${error.message}; ${error.hint}`);
        else throw error;
      }
    }
    return { staged: null, bad, unread };
  };

  return { hashDamaged, stageNewestGood };
}
