import path from 'node:path';
import * as z from 'zod';
import { registerField } from './field.ts';

/** An absolute path on the host, normalised (no trailing slash). `~`, variables and `..` are refused: a service expands none. */
export function absolutePathField(example: string) {
  const expected = `an absolute path such as ${example} (no ~, no variables, no ..)`;
  const schema = z.string({ error: expected }).transform((text, context) => {
    if (path.posix.isAbsolute(text) && isPlain(text)) return normalise(text);
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
  return registerField(schema, expected);
}

/** A file of the project: absolute, or relative to `project.folder` (the loader makes it absolute). */
export function projectFileField(example: string) {
  const expected = `an absolute path, or one inside project.folder such as ${example} (no ~, no variables, no ..)`;
  const schema = z.string({ error: expected }).transform((text, context) => {
    if (isPlain(text)) return normalise(text);
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
  return registerField(schema, expected);
}

/** Whether `inner` is `outer` itself or lies below it. Compares the text: links on the disk are doctor's business. */
export function isWithin(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer === '/' ? '/' : `${outer}/`);
}

function isPlain(text: string): boolean {
  return text.length > 0 && !/\p{Cc}|^~|[$]/u.test(text) && !text.split('/').includes('..');
}

function normalise(text: string): string {
  const tidy = path.posix.normalize(text);
  return tidy.length > 1 && tidy.endsWith('/') ? tidy.slice(0, -1) : tidy;
}
