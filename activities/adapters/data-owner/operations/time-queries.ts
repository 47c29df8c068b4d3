import { statSync } from 'node:fs';
import { OperationError } from '../../operation-error.ts';
import type { OperationContext } from '../child-messages.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { readDatabase } from '../sqlite/open-database.ts';

/** A query is no longer repeated once its runs took this long together. */
const LONGEST_MS = 10_000;

/** How long queries took on the live database, and what it consists of. Sizes in bytes. */
export interface TimedQueries {
  queries: { sql: string; milliseconds: number[] }[];
  bytes: number;
  walBytes: number;
  pageSize: number;
  pageCount: number;
  freelistCount: number;
  journalMode: string;
}

const operation = 'timeQueries';

/** Runs read-only queries on a database, live or not, and times each run to its last row. Changes nothing. */
export async function timeQueries(
  { database: path, queries, repeats }: { database: string; queries: readonly string[]; repeats: number },
  { onProgress, signal }: OperationContext,
): Promise<TimedQueries> {
  try {
    return await readDatabase(operation, path, async (database) => {
      const number = (pragma: string) => Number(database.pragma(pragma, { simple: true }));
      const prepared = queries.map((sql) => ({ sql, statement: prepare(database, sql) }));
      const timed: TimedQueries['queries'] = [];
      for (const { sql, statement } of prepared) {
        onProgress({ phase: `query ${timed.length + 1} of ${queries.length}`, bytes: 0, totalBytes: 0 });
        const milliseconds: number[] = [];
        while (milliseconds.length < repeats && sum(milliseconds) < LONGEST_MS) {
          // Between two runs: a request to stop is heard.
          await new Promise(setImmediate);
          signal.throwIfAborted();
          milliseconds.push(timeOnce(statement));
        }
        timed.push({ sql, milliseconds });
      }
      return {
        queries: timed,
        bytes: statSync(path).size,
        walBytes: statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0,
        pageSize: number('page_size'),
        pageCount: number('page_count'),
        freelistCount: number('freelist_count'),
        journalMode: String(database.pragma('journal_mode', { simple: true })),
      };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, path);
  }
}

type Statement = { iterate(): Iterator<unknown> };

function prepare(
  database: { prepare(sql: string): Statement & { reader: boolean; readonly: boolean } },
  sql: string,
): Statement {
  const refuse = (cause: unknown) =>
    new OperationError({
      code: 'QUERY_REFUSED',
      operation,
      target: sql,
      cause,
      hint: 'correct performance.queries in the configuration of the host: one query each, that only reads',
      retryable: false,
    });
  let statement: ReturnType<typeof database.prepare>;
  try {
    statement = database.prepare(sql);
  } catch (error) {
    // What is damaged or busy is not the fault of the query.
    if (error instanceof RangeError || (error instanceof Error && /SQLITE_ERROR/.test(codeOf(error))))
      throw refuse(error);
    throw error;
  }
  if (!statement.reader || !statement.readonly) throw refuse('it is no query that only reads');
  return statement;
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

function timeOnce(statement: Statement): number {
  const started = performance.now();
  const rows = statement.iterate();
  // To the last row: that is what the app waits for.
  while (rows.next().done !== true);
  return performance.now() - started;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
