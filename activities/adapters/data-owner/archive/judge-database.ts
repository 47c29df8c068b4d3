import type { DatabaseInspection } from '../operations/inspect-database.ts';
import type { BackupManifest } from './backup-manifest.ts';

/** How strict to be. */
export interface DatabaseRules {
  /**
   * Accepts rows that violate foreign keys where no manifest says how many the live database had: for sites whose app writes
   * such rows.
   */
  allowForeignKeyViolations?: boolean;
}

/** Sorts what an inspection found into reasons to refuse the backup, and what no check could prove. */
export function judgeDatabase(
  found: DatabaseInspection,
  rules: DatabaseRules,
  manifest: BackupManifest | undefined,
): { reasons: string[]; notProven: string[] } {
  const reasons: string[] = [];
  const notProven = found.notProven.map((what) => `not checked: ${what}`);
  if (found.integrity !== 'ok') reasons.push(`the database is damaged: ${found.integrity.join(', ')}`);
  if (found.foreignKeyViolations > 0) {
    const { isAccepted, told } = judgeForeignKeys(found.foreignKeyViolations, rules, manifest);
    (isAccepted ? notProven : reasons).push(told);
  }
  if (found.integrity !== 'ok') return { reasons, notProven };
  if (manifest !== undefined) reasons.push(...differences(found, manifest));
  return { reasons, notProven };
}

/** SQLite enforces no foreign keys unless the app asks for it: a backup need not be better than the live database was. */
function judgeForeignKeys(
  violations: number,
  { allowForeignKeyViolations = false }: DatabaseRules,
  manifest: BackupManifest | undefined,
): { isAccepted: boolean; told: string } {
  const told = `${violations} rows of the database violate foreign keys`;
  const before = manifest?.database.foreignKeyViolations;
  if (before !== undefined)
    return violations <= before
      ? { isAccepted: true, told: `${told}, as ${before} of the live database did when it was made` }
      : { isAccepted: false, told: `${told}, the manifest says that ${before} of the live database did` };
  if (allowForeignKeyViolations)
    return { isAccepted: true, told: `${told}, which data.allowForeignKeyViolations accepts` };
  const who =
    manifest === undefined ? 'no manifest says' : 'its manifest, of an earlier version, does not say';
  const todo = 'when its app writes such rows, set data.allowForeignKeyViolations: true and start again';
  return {
    isAccepted: false,
    told: `${told}, and ${who} whether those of the live database did; ${todo}`,
  };
}

function differences(found: DatabaseInspection, { database }: BackupManifest): string[] {
  const texts: string[] = [];
  if (found.schemaHash !== database.schemaHash)
    texts.push('the database has another schema than the manifest says');
  if (found.userVersion !== database.userVersion)
    texts.push(`user_version is ${found.userVersion}, the manifest says ${database.userVersion}`);
  for (const name of new Set([...Object.keys(database.tables), ...Object.keys(found.tables)])) {
    const [got, expected] = [found.tables[name], database.tables[name]];
    if (got !== expected)
      texts.push(`table ${name} has ${got ?? 'no'} rows, the manifest says ${expected ?? 'no table'}`);
  }
  return texts;
}
