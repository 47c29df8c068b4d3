import * as z from 'zod';
import { isRecord } from './is-record.ts';
import type { SchemaNode } from './schema-tree.ts';

/** What is left of T when any key may be missing. */
export type Partly<T> = T extends readonly unknown[] | string | number | boolean
  ? T
  : T extends object
    ? { readonly [Key in keyof T]?: Partly<T[Key]> | undefined }
    : T;

/**
 * Reads as much of `value` as fits: each key by itself, defaults filled in, wrong ones left out.
 * So that the rules between keys report their problems together with those of single keys.
 */
export function parsePartly(node: SchemaNode, value: unknown): unknown {
  const given = value === undefined ? node.fallback?.value : value;
  if (given === null && node.isNullable) return null;
  if (node.expected !== undefined) return z.safeParse(node.schema, given).data;
  const element = node.children['[]'];
  if (element !== undefined) {
    return Array.isArray(given) ? given.map((item) => parsePartly(element, item) ?? {}) : undefined;
  }
  if (!isRecord(given)) return undefined;
  const keys = Object.entries(node.children).map(([key, child]) => {
    return [key, parsePartly(child, given[key])] as const;
  });
  return Object.fromEntries(keys);
}
