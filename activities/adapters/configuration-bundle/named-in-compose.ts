import path from 'node:path';
import { parse } from 'yaml';
import type { BundleSource, LeftOut } from './bundle-source.ts';

/**
 * The files that a compose file names but the resolved project no longer shows: env files, secrets and configs, and
 * other compose files. A path with a variable in it cannot be told and is left out, said.
 * @param projectFolder what relative paths are relative to.
 */
export function namedInCompose(
  text: string,
  file: string,
  projectFolder: string,
): { sources: BundleSource[]; composeFiles: string[]; leftOut: LeftOut[] } {
  const found: { what: string; named: unknown; folder: string }[] = [];
  const root = mapOf(parseOrNothing(text));
  for (const [name, value] of Object.entries(mapOf(root['services']))) {
    const service = mapOf(value);
    for (const key of ['env_file', 'label_file'] as const) {
      for (const entry of listOf(service[key]))
        found.push({ what: `${key} of ${name}`, named: entry, folder: projectFolder });
    }
    const { file: base } = mapOf(service['extends']);
    if (base !== undefined) found.push({ what: COMPOSE_FILE, named: base, folder: path.dirname(file) });
  }
  for (const key of ['secrets', 'configs'] as const) {
    for (const [name, value] of Object.entries(mapOf(root[key]))) {
      const { file: named } = mapOf(value);
      if (named !== undefined) found.push({ what: `${key}: ${name}`, named, folder: projectFolder });
    }
  }
  for (const entry of listOf(root['include'])) {
    const { path: paths = entry, env_file: files } = mapOf(entry);
    for (const named of listOf(paths)) found.push({ what: COMPOSE_FILE, named, folder: projectFolder });
    for (const named of listOf(files))
      found.push({ what: 'env_file of an include', named, folder: projectFolder });
  }
  return resolve(found);
}

const COMPOSE_FILE = 'included compose file';

function resolve(found: readonly { what: string; named: unknown; folder: string }[]) {
  const result = { sources: [], composeFiles: [], leftOut: [] } as ReturnType<typeof namedInCompose>;
  for (const { what, named, folder } of found) {
    const name = typeof named === 'string' ? named : mapOf(named)['path'];
    if (typeof name !== 'string') continue;
    if (name.includes('$') || name.includes('://')) {
      const why = `${what}: the path cannot be told from the file alone; name it in bundle.paths`;
      result.leftOut.push({ path: name, why });
      continue;
    }
    const full = path.resolve(folder, name);
    const mayBeAbsent = mapOf(named)['required'] === false;
    result.sources.push({ what, path: full, need: mayBeAbsent ? 'if there' : 'found' });
    if (what === COMPOSE_FILE) result.composeFiles.push(full);
  }
  return result;
}

function parseOrNothing(text: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    // Compose itself has read the project; what the parser here does not know hides no file of the project's own list.
    return null;
  }
}

function mapOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
