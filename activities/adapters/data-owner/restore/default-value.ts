/** A default that is no expression: what such a column holds in rows that were there before it. */
const PLAIN =
  /^(?:null|'(?:[^']|'')*'|x'[0-9a-f]*'|[+-]?\s*(?:0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?))$/i;

/**
 * SQL: the value that a column gives to rows which say none, by what the schema says of it. Undefined where that is an
 * expression: what it gave at the time nobody can tell, and text of a schema that may come from anywhere is not run.
 */
export function defaultValue(said: string | null): string | undefined {
  if (said === null) return 'NULL';
  if (PLAIN.test(said)) return said;
  // `IS NOT TRUE` would not compare with 1, but ask whether something is true.
  if (/^(?:true|false)$/i.test(said)) return said.length === 4 ? '1' : '0';
  // Some schemas have texts in the quotes of names, which no other statement may.
  const quoted = /^"((?:[^"]|"")*)"$/.exec(said)?.[1];
  return quoted === undefined ? undefined : `'${quoted.replaceAll('""', '"').replaceAll("'", "''")}'`;
}
