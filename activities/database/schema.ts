import { isOtherSchema, type SchemaBefore } from '../../workflows/contracts/schema-of.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

interface Needed extends Pick<Host, 'config'> {
  readonly data: Pick<Host['data'], 'inspectDatabase'>;
}

/** Whether the live database has another schema than before, or another user_version; what users write changes none. */
export async function hasOtherSchema(
  { config, data }: Needed,
  before: SchemaBefore,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await data.inspectDatabase({ database: config.data.database, full: false }, { signal });
  return isOtherSchema(before, found);
}

/** Looking at what a new version made of the database. */
export function schemaReads(host: Needed) {
  /** Whether the new version changed the schema or migrated the data, which the old one may then not know. */
  const compareSchema: Read<SchemaBefore, { readonly changed: boolean }> = async ({ signal }, before) => ({
    changed: await hasOtherSchema(host, before, signal),
  });

  return { compareSchema };
}
