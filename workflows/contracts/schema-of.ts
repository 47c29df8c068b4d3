/** What tells the schemas of two databases apart. */
export interface SchemaOf {
  readonly schemaHash: string;
  readonly userVersion: number;
}

/** The schema that a run saw before its change. */
export interface SchemaBefore {
  readonly schemaHash: string;
  /** Absent in runs of an earlier version; null when it could not be read. */
  readonly userVersion?: number | null | undefined;
}

/**
 * Whether both schemas are known, and are not the same. The user_version counts, as an app may change the data alone, and
 * notes there that it did. Pure.
 */
export function isOtherSchema(
  { schemaHash, userVersion }: Pick<SchemaBefore, 'userVersion'> & { readonly schemaHash: string | null },
  other: SchemaOf,
): boolean {
  if (schemaHash === null) return false;
  const hasOtherVersion = typeof userVersion === 'number' && userVersion !== other.userVersion;
  return hasOtherVersion || schemaHash !== other.schemaHash;
}
