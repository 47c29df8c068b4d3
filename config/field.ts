import * as z from 'zod';

const expectations = z.registry<{ expected: string }>();

/**
 * Remembers what a leaf of the schema expects, in words. The same words appear in the error of a wrong value
 * and in the reference page, so the two cannot drift apart.
 */
export function registerField<Schema extends z.ZodType>(schema: Schema, expected: string): Schema {
  expectations.add(schema, { expected });
  return schema;
}

/** What a leaf expects, in words; undefined for a group of keys. */
export function expectationOf(schema: z.core.$ZodType): string | undefined {
  return schema instanceof z.ZodType ? expectations.get(schema)?.expected : undefined;
}

/** A group of keys. Unknown keys are refused; the error of a wrong type names the keys that belong here. */
export function section<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const expected = `a group with the keys ${Object.keys(shape).join(', ')}`;
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? undefined : expected),
  });
}

/** A non-empty line of text that matches `pattern`. */
export function textField(expected: string, pattern = /^\S(.*\S)?$/) {
  return registerField(z.string({ error: expected }).regex(pattern, { error: expected }), expected);
}

/** A whole number between two limits, both included. */
export function wholeNumberField(least: number, most: number) {
  const expected = `a whole number from ${least} to ${most}`;
  const error = { error: expected };
  return registerField(z.number(error).int(error).min(least, error).max(most, error), expected);
}

/** true or false. */
export function yesNoField() {
  return registerField(z.boolean({ error: 'true or false' }), 'true or false');
}

/** One of the given words. */
export function choiceField<const Words extends readonly string[]>(words: Words) {
  const expected = `one of ${words.join(', ')}`;
  return registerField(z.enum(words, { error: expected }), expected);
}

/** A list of `item`, with at least `least` of them and none twice. */
export function listField<Item extends z.ZodType<string>>(item: Item, least: number) {
  const expected = `a list of ${least === 0 ? 'any number of' : `${least} or more`} different entries, each ${expectationOf(item) ?? 'a text'}`;
  const error = { error: expected };
  const schema = z
    .array(item, error)
    .min(least, error)
    .refine((entries) => new Set(entries).size === entries.length, error);
  return registerField(schema, expected);
}

/** A program and its arguments, one entry each. Entries may repeat and may be empty, as arguments do. */
export function argvField(example: string) {
  const expected = `a list of a program and its arguments such as ${example}`;
  const error = { error: expected };
  const schema = z
    .array(z.string(error), error)
    .min(1, error)
    .refine((argv) => argv[0]?.trim() !== '', error);
  return registerField(schema, expected);
}
