/** What stands in a compose file, by its shape. */
export type Plain = Readonly<Record<string, unknown>>;

export const mapOf = (value: unknown): Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** The names in what may be a list of names or a map by name. */
export const namesOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.map(String) : Object.keys(mapOf(value));
