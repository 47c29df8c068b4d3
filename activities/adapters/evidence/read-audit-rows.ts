import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { readDatabase } from '../data-owner/sqlite/open-database.ts';
import { OperationError } from '../operation-error.ts';

/** Which rows: those since a time, a page at a time. */
export interface AuditRowsArgs {
  database: string;
  table: string;
  timeColumn: string;
  /** ISO 8601 in UTC. */
  since: string;
  /** The last row that is known already; 0 at first. */
  after: number;
}

/** A page of rows as JSON lines, and where the next one begins; null when there is none. */
export interface AuditRows {
  lines: string[];
  next: number | null;
}

const PAGE = 20_000;

/**
 * Rows of the app's own log since a time, oldest first. Changes nothing. Whatever the app writes as a time is understood
 * (ISO or SQLite text, seconds or milliseconds since 1970); a time that cannot be read counts as recent: too much evidence
 * is better than too little.
 */
export async function readAuditRows(args: AuditRowsArgs): Promise<AuditRows> {
  const { database: path, table, timeColumn, since, after } = args;
  const operation = 'readAuditRows';
  try {
    for (const name of [table, timeColumn]) if (!/^[A-Za-z_]\w*$/.test(name)) throw badName(name);
    return await readDatabase(operation, path, (database) => {
      const columns = database
        .prepare<[], { name: string }>(`PRAGMA table_info("${table}")`)
        .all()
        .map(({ name }) => name);
      if (columns.length === 0) throw noSuch(path, `there is no table ${table}`);
      if (!columns.includes(timeColumn)) throw noSuch(path, `${table} has no column ${timeColumn}`);
      const rows = database
        .prepare<[object], { fdts_ops_rowid: number }>(
          `SELECT rowid AS fdts_ops_rowid, * FROM "${table}" WHERE rowid > @after AND ${isRecent(timeColumn)}
           ORDER BY rowid LIMIT ${PAGE}`,
        )
        .all({ after, since, seconds: Date.parse(since) / 1000 });
      const last = rows.at(-1)?.fdts_ops_rowid;
      const lines = rows.map(({ fdts_ops_rowid: _rowid, ...row }) => JSON.stringify(row, asText));
      return { lines, next: rows.length < PAGE || last === undefined ? null : last };
    });
  } catch (cause) {
    throw explainFailure(operation, cause, path);
  }
}

const isRecent = (column: string): string => `coalesce(
  CASE typeof("${column}")
    WHEN 'text' THEN julianday("${column}") >= julianday(@since)
    WHEN 'integer' THEN (CASE WHEN "${column}" > 100000000000 THEN "${column}" / 1000.0 ELSE "${column}" END) >= @seconds
    WHEN 'real' THEN (CASE WHEN "${column}" > 100000000000 THEN "${column}" / 1000.0 ELSE "${column}" END) >= @seconds
  END, 1)`;

const asText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

const noSuch = (target: string, cause: string): OperationError =>
  new OperationError({
    code: 'NO_AUDIT_TABLE',
    operation: 'readAuditRows',
    target,
    cause,
    hint: 'Correct incident.auditTable and incident.auditTimeColumn in the configuration, or write null.',
    retryable: false,
  });

const badName = (name: string): OperationError =>
  new OperationError({
    code: 'BAD_INPUT',
    operation: 'readAuditRows',
    target: name,
    cause: 'it is no name of a table or column',
    hint: 'Correct incident.auditTable and incident.auditTimeColumn in the configuration.',
    retryable: false,
  });
