import { access, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';

/** The names (never the contents) of the env files that a service gets, by its compose files; `.env` when it gets none. */
export const envFilesOf = async (
  folder: string,
  composeFiles: readonly string[],
  service: string,
): Promise<readonly string[]> => {
  const texts = await Promise.all(composeFiles.map((file) => readFile(file, 'utf8').catch(() => '')));
  const named = texts.flatMap((text) => namedIn(text, service));
  const files = named.length > 0 ? named : ['.env'];
  const absolute = [...new Set(files.map((file) => path.resolve(folder, file)))];
  const there = await Promise.all(absolute.map(isThere));
  return absolute.filter((_, index) => there[index]);
};

const namedIn = (text: string, service: string): string[] => {
  let model: unknown;
  try {
    model = parse(text, { logLevel: 'error' });
  } catch {
    return [];
  }
  const files = keyOf(keyOf(keyOf(model, 'services'), service), 'env_file');
  return (Array.isArray(files) ? files : [files]).flatMap((file: unknown) => {
    const name = typeof file === 'string' ? file : keyOf(file, 'path');
    return typeof name === 'string' && !name.includes('$') ? [name] : [];
  });
};

const keyOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );
