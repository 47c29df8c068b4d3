import type { CheckResult } from '../contracts/calls.ts';
import type { RestoreSurvey } from '../contracts/restore-plan.ts';
import { isOtherSchema, type SchemaOf } from '../contracts/schema-of.ts';

type Live = Pick<RestoreSurvey, 'schemaHash' | 'userVersion' | 'archive'>;

/**
 * Whether the backup has the schema of the live database, which the app that runs knows. Another one is refused unless a
 * person says that the app knows it too, as after a release that failed. Nothing where one of the two cannot be read. Pure.
 */
export function schemaChecks(
  live: Live,
  backup: SchemaOf | null | undefined,
  allowOtherSchema: boolean,
): CheckResult[] {
  const { schemaHash, userVersion } = live;
  if (schemaHash === null || userVersion === null || userVersion === undefined || !backup) return [];
  const check = {
    name: 'the backup has the schema of the live database',
    expected: `user_version ${userVersion} and the same tables, indexes, triggers and views`,
  };
  const isSame = !isOtherSchema(live, backup);
  if (isSame) return [{ ...check, status: 'pass', got: 'the same' }];
  const got = told(userVersion, backup);
  if (allowOtherSchema)
    return [{ ...check, status: 'not proven', got, answer: 'as the input says: the app must know it' }];
  return [{ ...check, status: 'fail', got, answer: todo(live.archive) }];
}

function told(live: number, { userVersion }: SchemaOf): string {
  if (userVersion === live) return 'the same user_version, but other tables, indexes, triggers or views';
  return `user_version ${userVersion}, ${userVersion < live ? 'of an older' : 'of a newer'} version of the app`;
}

function todo(archive: string): string {
  const input = JSON.stringify({ archive, allowOtherSchema: true });
  return `an app that does not know this schema may not start on it, or may damage it. When the app that runs knows it (as after a release that failed, or when the app changes the schema by itself when it starts): fdts-ops start restoreBackup --input '${input}'; when it does not, go back to the version that does first: fdts-ops start rollbackMaintenance`;
}
