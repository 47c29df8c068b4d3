import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';

/** The first line of an override file that fdts-ops wrote: only such a file is ever changed or removed. */
export const OWN_OVERRIDE = '# Written by fdts-ops.';

const HOW_TO_REMOVE = [
  '# Memory limits that a person approved (highMemory). To take them back: remove this file, then',
  '# start the services anew with "docker-compose up -d" in this folder.',
];

/** Where the override of a project lies, and whether compose finds it there by itself. */
export type OverridePlace = { readonly file: string; readonly isFoundByCompose: boolean };

/** Beside the first compose file, under the name that compose itself looks for when that file has its usual name. */
export const overridePlace = (composeFiles: readonly string[]): OverridePlace => {
  const base = composeFiles[0] ?? 'docker-compose.yml';
  const isUsual = /^(?:docker-)?compose\.ya?ml$/.test(basename(base)) && composeFiles.length === 1;
  const name = isUsual ? basename(base).replace(/\.(ya?ml)$/, '.override.$1') : 'fdts-ops.override.yml';
  return { file: join(dirname(base), name), isFoundByCompose: isUsual };
};

/** The compose files of a project with the override of fdts-ops, when there is one. */
export const withOwnOverride = async (composeFiles: readonly string[]): Promise<readonly string[]> => {
  const { file } = overridePlace(composeFiles);
  if (composeFiles.includes(file)) return composeFiles;
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.startsWith(OWN_OVERRIDE) ? [...composeFiles, file] : composeFiles;
};

/** The override with one more memory limit; those of other services stay. `before` is one that fdts-ops wrote, or null. */
export const overrideWithLimit = (before: string | null, service: string, limitBytes: number): string => {
  const limits = { ...limitsIn(before ?? ''), [service]: `${Math.round(limitBytes / MEBIBYTE)}m` };
  const services = Object.fromEntries(
    Object.entries(limits).map(([name, limit]) => [name, { mem_limit: limit }]),
  );
  return [OWN_OVERRIDE, ...HOW_TO_REMOVE, stringify({ services })].join('\n');
};

/** The lines that change, as a diff tells them. */
export const diffLines = (before: string | null, after: string): string[] => {
  const old = (before ?? '').split('\n');
  const next = after.split('\n');
  return [
    ...old.filter((line) => line !== '' && !next.includes(line)).map((line) => `- ${line}`),
    ...next.filter((line) => line !== '' && !old.includes(line)).map((line) => `+ ${line}`),
  ];
};

const limitsIn = (text: string): Record<string, string> => {
  const services: unknown = recordOf(parse(text))['services'];
  return Object.fromEntries(
    Object.entries(recordOf(services)).flatMap(([name, service]) => {
      const limit = recordOf(service)['mem_limit'];
      return typeof limit === 'string' ? [[name, limit]] : [];
    }),
  );
};

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const MEBIBYTE = 1024 * 1024;
