/** The fields of a line that is one JSON object; null for any other line. */
export const jsonFields = (line: string): ReadonlyMap<string, unknown> | null => {
  let entry: unknown;
  try {
    entry = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof entry !== 'object' || entry === null) return null;
  return new Map<string, unknown>(Object.entries(entry));
};
