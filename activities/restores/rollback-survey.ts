import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';
import type { RollbackSurvey } from '../../workflows/contracts/rollback-plan.ts';
import { isOtherSchema, type SchemaOf } from '../../workflows/contracts/schema-of.ts';
import type { DatabaseInspection } from '../adapters/data-owner/operations/inspect-database.ts';
import { runImage } from '../adapters/docker/image-reference.ts';
import { OperationError } from '../adapters/operation-error.ts';
import { asideFolder } from '../database/database.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';
import { lastDowntime, surveyStop } from '../survey/survey-stop.ts';

/** Maintenance that keeps the images and the database of before it, while users have them no more. */
const KEEPING = ['plannedMaintenance', 'weeklyMaintenance', 'emergencyMaintenance'];

/** Finding out what is kept of a window, and whether FDTS can go back to before it. */
export function rollbackSurveyReads(host: Host) {
  const { config, docker, data, reports, app } = host;

  /** Which images and which database of before the window are kept, and what going back to them means. Reads only. */
  const surveyRollback: Read<
    { readonly run: string | null; readonly database: 'keep' | 'before' | null },
    RollbackSurvey
  > = async (context, wanted) => {
    const { signal } = context;
    const past = await Promise.all(KEEPING.map((procedure) => reports.ofProcedure(procedure)));
    const window = findWindow(past.flat(), wanted.run);
    const survey = await surveyStop(host, context);
    const { kept, gone } = await keptImages(window.stamp);
    const before = await databaseBefore(window.stamp, signal);
    const { database, because, problem } = decideDatabase(wanted.database, survey, before);
    const nothing = kept.length === 0 && database === 'keep';
    const material: CheckResult = {
      name: 'what the window kept',
      status: problem === null && gone.length === 0 && !nothing ? 'pass' : 'fail',
      expected: 'an image or a database of before to go back to',
      got: [
        ...kept.map(({ service }) => `the old image of ${service} is there`),
        ...gone.map((service) => `the old image of ${service} is gone`),
        before === null ? 'its database is gone' : 'its database is there',
        ...(problem === null ? [] : [problem]),
        ...(nothing ? ['nothing would change'] : []),
      ].join('; '),
      answer: `restoreBackup with the backup of that window (its report names it; with {"allowOtherSchema":true} when the window changed the schema), or {"database":"before"} where its database is there`,
    };
    return {
      ...survey,
      checks: [material, ...survey.checks],
      window: {
        workflowId: window.workflowId,
        stamp: window.stamp,
        startedAt: new Date(window.startedAt).toISOString(),
        outcome: window.outcome,
      },
      isServing: (await app.checkHealth({ through: 'proxy', signal })).ok,
      images: kept,
      database,
      databaseBecause: because,
      lastDowntimeSeconds: await lastDowntime(reports, 'rollbackMaintenance'),
    };
  };

  /** Old images that differ from those that run. One that the window changed and that nothing keeps any more is gone. */
  async function keptImages(stamp: string) {
    const kept: RollbackSurvey['images'][number][] = [];
    const gone: string[] = [];
    for (const { service, imageName, imageId } of await docker.projectContainers(config.project.name)) {
      const old = await docker.inspectImage(runImage(imageName, 'old', runName(stamp)));
      const moved = await docker.inspectImage(runImage(imageName, 'new', runName(stamp)));
      if (old === null && moved !== null) gone.push(service);
      if (old === null || old.id === imageId) continue;
      kept.push({ service, image: imageName, oldId: old.id, currentId: imageId });
    }
    return { kept, gone };
  }

  async function databaseBefore(stamp: string, signal: AbortSignal): Promise<DatabaseInspection | null> {
    const database = path.join(asideFolder(config, stamp), 'database.sqlite');
    try {
      return await data.inspectDatabase({ database, full: false }, { signal });
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof OperationError && ['DATABASE_MISSING', 'NOT_FOUND'].includes(error.code))
        return null;
      throw error;
    }
  }

  return { surveyRollback };
}

/** What of a report says whether its run can be gone back from. */
export type MaintenanceReport = Pick<
  RunReport,
  'procedure' | 'workflowId' | 'stamp' | 'startedAt' | 'outcome' | 'dryRun'
>;

/**
 * The run of this workflow id or start; without one the last window that completed: another kind of maintenance is gone
 * back from only by name. Pure.
 * @throws OperationError `NO_SUCH_WINDOW`: names those that are known.
 */
export function findWindow(reports: readonly MaintenanceReport[], wanted: string | null): MaintenanceReport {
  const done = reports
    .filter(({ dryRun, outcome }) => !dryRun && (outcome === 'completed' || outcome === 'attention-needed'))
    .toSorted((one, other) => other.startedAt - one.startedAt);
  const found =
    wanted === null
      ? done.find(({ procedure }) => procedure === 'plannedMaintenance')
      : done.find(({ workflowId, stamp }) => workflowId === wanted || stamp === wanted);
  if (found !== undefined) return found;
  const known = done
    .slice(0, 5)
    .map(({ procedure, workflowId, stamp }) => `${stamp} (${procedure}, ${workflowId})`);
  throw new OperationError({
    code: 'NO_SUCH_WINDOW',
    operation: 'find',
    target: 'a window that completed',
    cause:
      wanted === null
        ? 'no report of one is on this host'
        : `got "${wanted}", expected the start or the workflow id of a maintenance of this host that completed`,
    hint: known.length === 0 ? 'There is nothing to go back to.' : `There are: ${known.join(', ')}.`,
    retryable: false,
  });
}

/** The database stays unless it cannot, or a person wants the one of before. Pure. */
export function decideDatabase(
  wanted: 'keep' | 'before' | null,
  live: Pick<RollbackSurvey, 'schemaHash' | 'userVersion'>,
  before: SchemaOf | null,
): { database: 'keep' | 'before'; because: string; problem: string | null } {
  const keep = { database: 'keep', problem: null } as const;
  const back = { database: 'before', problem: before === null ? 'so it cannot be put back' : null } as const;
  if (wanted === 'before') return { ...back, because: 'as the input says' };
  if (before === null && wanted === null)
    return {
      ...keep,
      because: 'the one of before is gone, so schemas were not compared',
      problem:
        'whether the old version knows the schema of now cannot be told; {"database":"keep"} goes on all the same',
    };
  const difference = before === null ? null : differenceOf(live, before);
  if (difference === null)
    return {
      ...keep,
      because:
        before === null
          ? 'as the input says; schemas were not compared'
          : 'its schema is that of before the window',
    };
  if (wanted === 'keep')
    return {
      ...keep,
      because: 'as the input says',
      problem: `${difference}, which the old version may not know`,
    };
  return { ...back, because: difference };
}

/** In words; null when there is none. */
function differenceOf(
  live: Pick<RollbackSurvey, 'schemaHash' | 'userVersion'>,
  before: SchemaOf,
): string | null {
  if (live.schemaHash !== before.schemaHash)
    return 'the schema of the live database is not that of before the window';
  if (!isOtherSchema(live, before)) return null;
  return `the live database has user_version ${live.userVersion}, before the window it was ${before.userVersion}: its data was migrated`;
}
