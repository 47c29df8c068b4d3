import type * as z from 'zod';
import { closest } from './closest.ts';
import { isRecord } from './is-record.ts';
import type { SchemaNode } from './schema-tree.ts';

const LONGEST_VALUE = 60;
const LOOKS_SECRET = /pass|secret|token|credential|auth|cookie|api.?key/i;
const NAMES_A_PLACE = /(File|Field)$/;

/** A problem with the keys that lead to it. */
export interface Finding {
  readonly keys: readonly PropertyKey[];
  readonly got: string;
  readonly expected: string;
}

/** Turns one finding of zod into problems in the words of the configuration: path, what stands there, what should. */
export function explainIssue(issue: z.core.$ZodIssue, tree: SchemaNode, input: unknown): Finding[] {
  const keys = issue.path.map(String);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(issue.path, key, tree, issue.message));
  const got = describeValue(valueAt(input, keys), keys);
  return [{ keys: issue.path, got, expected: issue.message }];
}

/** A value as an error message may show it: shortened, and never that of a key that looks like a secret. */
function describeValue(value: unknown, keys: readonly string[]): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return 'a group of keys';
  const text = JSON.stringify(value) ?? 'a value that YAML alone can write';
  if (value !== null && mayHoldSecret(keys, text)) return `a ${typeof value} (not shown)`;
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}… (${text.length} characters)` : text;
}

function unknownKey(parent: readonly PropertyKey[], name: string, tree: SchemaNode, ofItem: string): Finding {
  const known = Object.keys(nodeAt(tree, parent.map(String))?.children ?? {});
  // An entry of a list that is one field says itself what it takes.
  if (known.length === 0) return { keys: [...parent, name], got: 'an unknown key', expected: ofItem };
  const nearest = closest(name, known);
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  const expected =
    known.includes('passwordFile') && LOOKS_SECRET.test(name)
      ? 'no secret in this file: put it into a file of mode 0600 and name that file in passwordFile, or use passwordEnv'
      : `one of the keys ${known.join(', ')}${hint}`;
  return { keys: [...parent, name], got: 'an unknown key', expected };
}

function mayHoldSecret(keys: readonly string[], text: string): boolean {
  const isFreeText = keys.includes('body') || keys.includes('headers') || keys.includes('command');
  const name = keys.at(-1) ?? '';
  const isAddressWithMore = text.includes('://') && /[@?]/.test(text);
  const isPrivateKey = /AGE-SECRET-KEY|PRIVATE KEY/i.test(text);
  return (
    isFreeText || isAddressWithMore || isPrivateKey || (LOOKS_SECRET.test(name) && !NAMES_A_PLACE.test(name))
  );
}

function nodeAt(tree: SchemaNode, keys: readonly string[]): SchemaNode | undefined {
  return keys.reduce<SchemaNode | undefined>(
    (node, key) => node?.children[key] ?? node?.children['[]'],
    tree,
  );
}

function valueAt(input: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => {
    if (Array.isArray(value)) return value[Number(key)];
    return isRecord(value) ? value[key] : undefined;
  }, input);
}
