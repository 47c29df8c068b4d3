import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { DatabasePlan } from '../../workflows/contracts/weekly-plan.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, MutationContext, Read } from '../execution/mutation.ts';
import { bytesText } from '../figures/bytes-text.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';
import { chooseOptimize } from './choose-optimize.ts';

type LiveWay = Exclude<DatabasePlan['way'], 'stop' | 'none'>;

/** How long somebody else's lock on the database is waited for, in milliseconds. */
const LOCK_WAIT_MS = 15_000;

/** What is done, and what there is to say about it. */
interface Tidied {
  readonly checks: readonly CheckResult[];
  readonly lines: readonly string[];
}

/** Choosing how the database is tidied. */
export function databasePlanReads({ config, data }: Host) {
  /** Measures on a throwaway copy how long writers would wait, and chooses. Nothing that is live is changed. */
  const planDatabase: Read<Record<string, never>, DatabasePlan> = async ({ signal, progress }) => {
    const { scratch } = config.backups;
    try {
      const { database } = config.data;
      const measured = await data.measureOptimize({ database, scratch }, { signal, onProgress: progress });
      return chooseOptimize(measured, config.weekly);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError)) throw error;
      if (error.code === 'NEEDS_THE_APP')
        return { way: 'none', because: 'left to the app: it alone can tidy it', lines: [error.message] };
      if (error.code !== 'DISK_FULL') throw error;
      return {
        way: 'none',
        because: `not touched: there is no room in ${scratch} to measure a copy`,
        lines: [error.message],
      };
    }
  };

  return { planDatabase };
}

/** Tidying the database while the app has it open. */
export function liveDatabaseMutations({ config, data }: Pick<Host, 'config' | 'data'>) {
  const { database } = config.data;

  /**
   * VACUUM or slices of it, and ANALYZE, with the app live. Changes: the database file, in SQLite's own transactions.
   * Safe to repeat; a kill leaves each of them done or not. A database that stays locked is left as it is, and told.
   */
  const optimizeLive: Mutation<{ readonly way: LiveWay }, Tidied> = async (context, { way }) => {
    const statements = { slices: 'PRAGMA incremental_vacuum in slices; ', vacuum: 'VACUUM; ', analyze: '' }[
      way
    ];
    return context.effects.perform(
      `fdts-ops: ${statements}ANALYZE ${database}, with the app live`,
      () => tidy(context, way),
      { checks: [], lines: ['sizes are known only at run time'] },
    );
  };

  async function tidy({ signal, progress }: MutationContext, way: LiveWay): Promise<Tidied> {
    const check = { name: 'the database is tidied with the app live', expected: 'done, and quick_check ok' };
    try {
      const done = await data.optimizeLive(
        { database, way, waitMs: LOCK_WAIT_MS },
        { signal, onProgress: progress },
      );
      const { bytesBefore, bytesAfter, longestMs, slices, integrity, notProven } = done;
      const isSound = integrity === 'ok';
      const got = isSound
        ? `ok; writers waited ${longestMs} ms at most`
        : `quick_check: ${integrity.length} complaints`;
      return {
        checks: [{ ...check, status: isSound ? 'pass' : 'fail', got, answer: ANSWERS.databaseCorruption }],
        lines: [
          `${bytesText(bytesBefore)} before, ${bytesText(bytesAfter)} after${slices > 0 ? `, in ${slices} slices` : ''}`,
          `writers waited ${longestMs} ms at most`,
          ...notProven.map((what) => `not checked: ${what}`),
          ...(bytesAfter < bytesBefore || way === 'analyze'
            ? []
            : ['the file gets smaller when the app writes its log back']),
        ],
      };
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof OperationError) || error.code !== 'DATABASE_IN_USE') throw error;
      const got = `another program kept it locked for ${LOCK_WAIT_MS / 1000} s`;
      const answer =
        'find who holds it (fdts-ops start slowResponse, or lsof), then start weeklyMaintenance again';
      return { checks: [{ ...check, status: 'fail', got, answer }], lines: [`left as it is: ${got}`] };
    }
  }

  return { optimizeLive };
}
