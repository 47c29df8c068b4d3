import type Database from 'better-sqlite3';

/** Rows of a table by the cells of its pages, which needs no index, collation or function. */
export function countByPages(database: Database.Database, table: string): number {
  // A table without row numbers is kept as an index is: its inner pages hold rows too.
  const rows = database.prepare<[string, string], number | null>(
    `SELECT sum(ncell) FROM dbstat WHERE name = ? AND (pagetype = 'leaf' OR (pagetype = 'internal'
      AND EXISTS (SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ? AND wr = 1)))`,
  );
  return rows.pluck().get(table, table) ?? 0;
}

/** What is wrong with the pages of a table and its indexes, by their form alone; what cannot be read throws. */
export function pageComplaints(database: Database.Database, table: string): string[] {
  const trees = database
    .prepare<[string], string>('SELECT name FROM sqlite_schema WHERE tbl_name = ? AND rootpage > 0')
    .pluck()
    .all(table);
  const corrupted = database
    .prepare<[string], number>(`SELECT count(*) FROM dbstat WHERE name = ? AND pagetype = 'corrupted'`)
    .pluck();
  return trees.flatMap((name) => {
    const pages = corrupted.get(name) ?? 0;
    return pages === 0 ? [] : [`${name}: ${pages} pages are damaged`];
  });
}
