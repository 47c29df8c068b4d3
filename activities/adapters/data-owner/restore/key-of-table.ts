import type Database from 'better-sqlite3';

/**
 * The columns by which one row of a table is found at once: its primary key, or the shortest unique index that holds no
 * NULL (of those there may be many). Undefined when there is none of columns that may be used.
 */
export function keyOf(
  database: Database.Database,
  schema: string,
  table: string,
  usable: ReadonlySet<string>,
): string[] | undefined {
  const columns = database
    .prepare<[string, string], { name: string; type: string; notnull: number; pk: number }>(
      'SELECT name, type, "notnull", pk FROM pragma_table_xinfo(?, ?)',
    )
    .all(table, schema);
  const neverNull = new Set(columns.filter(({ notnull }) => notnull === 1).map(({ name }) => name));
  const [primary, ...others] = columns.filter(({ pk }) => pk > 0);
  const isRowId = others.length === 0 && /^integer$/i.test(primary?.type ?? '');
  const rowId = primary !== undefined && isRowId ? [{ origin: 'pk', names: [primary.name] }] : [];
  const keys = [...rowId, ...uniqueIndexes(database, schema, table)].filter(
    ({ origin, names }) =>
      names.every((name) => name !== null && usable.has(name)) &&
      (origin === 'pk' || names.every((name) => neverNull.has(name ?? ''))),
  );
  const best = keys.find(({ origin }) => origin === 'pk') ?? keys[0];
  return best?.names.flatMap((name) => name ?? []);
}

/** Shortest first; a part of an index that is an expression has no name. */
function uniqueIndexes(
  database: Database.Database,
  schema: string,
  table: string,
): { origin: string; names: (string | null)[] }[] {
  const columnsOf = database
    .prepare<[string, string], string | null>('SELECT name FROM pragma_index_info(?, ?) ORDER BY seqno')
    .pluck();
  return database
    .prepare<[string, string], { name: string; origin: string }>(
      'SELECT name, origin FROM pragma_index_list(?, ?) WHERE "unique" = 1 AND partial = 0',
    )
    .all(table, schema)
    .map(({ name, origin }) => ({ origin, names: columnsOf.all(name, schema) }))
    .sort((a, b) => a.names.length - b.names.length);
}
