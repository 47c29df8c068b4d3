import * as z from 'zod';
import { expectationOf } from './field.ts';

/** One key of a schema with what the reference page and the error messages say about it. */
export interface SchemaNode extends Outside {
  /** What a value must be, in words; undefined for a group. */
  readonly expected: string | undefined;
  /** The keys of a group, in order; the one key `[]` for a list of groups; empty for a leaf. */
  readonly children: Readonly<Record<string, SchemaNode>>;
  /** The leaf or group itself, without default and null around it. */
  readonly schema: z.core.$ZodType;
}

interface Outside {
  readonly description: string;
  /** The default as it would be written in the file; absent when there is none. */
  readonly fallback?: { readonly value: unknown };
  readonly isOptional: boolean;
  readonly isNullable: boolean;
}

/** Describes a schema made of `section`s and registered fields. */
export function describeSchema(schema: z.core.$ZodType): SchemaNode {
  return unwrap(schema, { description: '', isOptional: false, isNullable: false });
}

function unwrap(schema: z.core.$ZodType, outside: Outside): SchemaNode {
  const description = schema instanceof z.ZodType ? (schema.description ?? '') : '';
  const seen: Outside = { ...outside, description: outside.description || description };
  const expected = expectationOf(schema);
  if (expected !== undefined) return { ...seen, expected, children: {}, schema };
  if (schema instanceof z.ZodPrefault) {
    return unwrap(schema.def.innerType, { ...seen, fallback: { value: schema.def.defaultValue } });
  }
  if (schema instanceof z.ZodNullable) return unwrap(schema.def.innerType, { ...seen, isNullable: true });
  if (schema instanceof z.ZodOptional) return unwrap(schema.def.innerType, { ...seen, isOptional: true });
  return { ...seen, expected: undefined, children: childrenOf(schema), schema };
}

function childrenOf(schema: z.core.$ZodType): Record<string, SchemaNode> {
  if (schema instanceof z.ZodArray) return { '[]': describeSchema(schema.def.element) };
  if (!(schema instanceof z.ZodObject)) return {};
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.def.shape;
  return Object.fromEntries(Object.entries(shape).map(([key, child]) => [key, describeSchema(child)]));
}
