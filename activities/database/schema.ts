import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';

type Needed = Pick<Host, 'config' | 'data'>;

/** Whether the live database has another schema than this one; what users write changes none. */
export async function hasOtherSchema(
  { config, data }: Needed,
  schemaHash: string,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await data.inspectDatabase({ database: config.data.database, full: false }, { signal });
  return found.schemaHash !== schemaHash;
}

/** Looking at what a new version made of the database. */
export function schemaReads(host: Needed) {
  /** Whether the new version changed the schema, which the old one may then not know. */
  const compareSchema: Read<{ readonly schemaHash: string }, { readonly changed: boolean }> = async (
    { signal },
    { schemaHash },
  ) => ({ changed: await hasOtherSchema(host, schemaHash, signal) });

  return { compareSchema };
}
