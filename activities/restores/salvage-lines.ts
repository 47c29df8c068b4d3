import type { Salvage } from '../adapters/data-owner/operations/salvage-rows.ts';

const MOST_TABLES = 40;

/** What a salvage found, in numbers. */
export function salvageLines(salvage: Salvage): string[] {
  const { tables, notSalvaged, file, unreadable, uploads, uploadsFolder, uploadsStay, uploadsListing } =
    salvage;
  const found = Object.entries(tables).filter(([, { rows, unreadable: places }]) => rows + places > 0);
  const rows = found
    .slice(0, MOST_TABLES)
    .map(([name, { rows: count, unreadable: places, all }]) =>
      [
        `${name}: ${count} rows`,
        ...(all ? ['all that it had: they could not be compared with the backup'] : []),
        ...(places === 0 ? [] : [`${places} damaged places could not be read`]),
      ].join('; '),
    );
  return [
    ...(file === null
      ? [`no rows: the old database cannot be read (${unreadable})`]
      : [
          `rows that only the old database has: ${file}`,
          ...rows,
          ...(found.length > MOST_TABLES ? [`and of ${found.length - MOST_TABLES} more tables`] : []),
          `of ${Object.keys(tables).length - found.length} other tables: no row`,
          ...Object.entries(notSalvaged).map(
            ([name, why]) =>
              `${name}: NOT SALVAGED (${why}); it is in the old database, which lies beside that file`,
          ),
        ]),
    uploadsStay
      ? `all ${uploads.count} uploads are in their place, ${uploadsFolder}; not in the backup at their path: ${uploads.notInBackup}, otherwise in it: ${uploads.differing}: these need their rows`
      : `uploads that the backup does not have: ${uploads.notInBackup}; that it has otherwise: ${uploads.differing}; of ${uploads.count} in ${uploadsFolder}`,
    `their names: ${uploadsListing}, on the host only`,
  ];
}
