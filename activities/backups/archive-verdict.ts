import type { VerifiedBackup } from '../adapters/data-owner/operations/verify-backup.ts';

/** What is told of an archive, in one line. */
export function told(remarks: readonly string[]): string {
  return remarks.filter((remark) => remark !== '').join('; ');
}

/** What is known of an archive that could not be read, or is gone. */
export function nothingOf(archive: string) {
  return { archive, rows: '', uploads: null, sha256: null };
}

/** Why an archive that is whole in itself is not good all the same; empty when it is. */
export function notAsBefore(
  { sha256, database }: VerifiedBackup,
  before: string | undefined,
  missing: readonly string[],
): string {
  if (missing.length > 0)
    return `tables missing: ${missing.join(', ')}, of ${Object.keys(database.tables).length} that it has`;
  const isOther = before !== undefined && before !== sha256;
  return isOther ? 'it was changed after it was verified: another sha256 than its record has' : '';
}

/** Rows of the tables of the app, in words. */
export function rowsOf(tables: Readonly<Record<string, number>>, names: readonly string[]): string {
  return names.map((name) => `${tables[name] ?? 0} ${name}`).join(', ');
}
