/** The `code` of a file system, zlib or SQLite error (`ENOENT`, `Z_DATA_ERROR`, `SQLITE_BUSY`); empty when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** What an error says. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
