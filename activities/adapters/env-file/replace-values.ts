/** An env file with some values replaced. */
export interface ReplacedValues {
  readonly text: string;
  /** Keys that were found and replaced. */
  readonly replaced: readonly string[];
  readonly missing: readonly string[];
}

/** A definition in an env file, with the lines that it takes. */
interface Definition {
  readonly key: string;
  readonly value: string;
  /** Where its text begins and ends; the end of its last line is not part of it. */
  readonly from: number;
  readonly to: number;
  /** Everything before the value: `export `, the key and the equals sign as they stand. */
  readonly head: string;
}

/**
 * Gives keys new values, one line each, and leaves every other byte as it is. A key that is defined twice gets the new
 * value twice (whichever the app reads), a quoted value over several lines is replaced as a whole. Comments, and keys that
 * only contain the name of one, are no definitions.
 */
export const replaceValues = (text: string, values: Readonly<Record<string, string>>): ReplacedValues => {
  const found = definitionsIn(text).filter(({ key }) => Object.hasOwn(values, key));
  let result = '';
  let at = 0;
  for (const { key, head, from, to } of found) {
    result += `${text.slice(at, from)}${head}${values[key] ?? ''}`;
    at = to;
  }
  const replaced = [...new Set(found.map(({ key }) => key))];
  return {
    text: result + text.slice(at),
    replaced,
    missing: Object.keys(values).filter((key) => !replaced.includes(key)),
  };
};

/** The value of a key: the last definition counts, as in compose; undefined when there is none. */
export const valueOf = (text: string, key: string): string | undefined =>
  definitionsIn(text).findLast((definition) => definition.key === key)?.value;

/** Keys that look like secrets and have a value. */
export const secretKeys = (text: string): string[] => [
  ...new Set(definitionsIn(text).flatMap(({ key, value }) => (looksSecret(key, value) ? [key] : []))),
];

const SECRET_WORD =
  /(^|_)(SECRETS?|PASS(WORD|WD|PHRASE)?|PWD|TOKENS?|CREDENTIALS?|(API|PRIVATE|ACCESS|ENCRYPTION|SIGNING|AUTH)_?KEYS?|KEY|SALT|DSN)(_|$)/i;

const looksSecret = (key: string, value: string): boolean => {
  const bare = value.replaceAll(/^['"]|['"]$/g, '');
  if (bare === '' || /^(true|false|\d{1,6})$/.test(bare)) return false;
  // An address with a user and a password in it.
  return SECRET_WORD.test(key) || /:\/\/[^/\s:@]*:[^/\s@]+@/.test(bare);
};

const definitionsIn = (text: string): Definition[] => {
  const found: Definition[] = [];
  const line = /([^\r\n]*)(\r\n|\n|\r|$)/y;
  // A byte order mark, however the text was decoded, is no part of the first key.
  line.lastIndex = /^(\uFEFF|\xEF\xBB\xBF)?/.exec(text)?.[0].length ?? 0;
  while (line.lastIndex < text.length) {
    const from = line.lastIndex;
    const [, content = ''] = line.exec(text) ?? [];
    const [, head, key] = /^(\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=)/.exec(content) ?? [];
    if (head === undefined || key === undefined) continue;
    const to = endOfValue(text, from + head.length, from + content.length);
    found.push({ key, head, from, to, value: text.slice(from + head.length, to) });
    if (to > from + content.length) {
      line.lastIndex = to;
      line.exec(text);
    }
  }
  return found;
};

/** Where a value ends: with its line, or with the quote that closes it on a later one. */
const endOfValue = (text: string, start: number, endOfLine: number): number => {
  const quote = text.slice(start, endOfLine).trimStart().charAt(0);
  if (quote !== '"' && quote !== "'") return endOfLine;
  const opened = text.indexOf(quote, start);
  for (let at = opened + 1; at < text.length; at += 1) {
    if (quote === '"' && text[at] === '\\') at += 1;
    else if (text[at] === quote) {
      if (at < endOfLine) return endOfLine;
      const rest = text.slice(at).search(/[\r\n]/);
      return rest === -1 ? text.length : at + rest;
    }
  }
  // Never closed: then it is no quote.
  return endOfLine;
};
