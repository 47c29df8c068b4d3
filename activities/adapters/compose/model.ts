import { parse } from 'yaml';
import { OperationError } from '../operation-error.ts';
import { type ComposeMount, readMount } from './mount.ts';
import { type ComposePort, readPort } from './port.ts';

/** A service as fdts-ops knows it. Environment values, build arguments and labels never get in: they may be secrets. */
export type ComposeService = {
  readonly image: string | null;
  readonly build: {
    readonly context: string;
    readonly dockerfile: string;
    readonly target: string | null;
  } | null;
  readonly containerName: string | null;
  readonly restart: string;
  readonly ports: readonly ComposePort[];
  readonly mounts: readonly ComposeMount[];
  readonly networks: readonly string[];
  readonly networkMode: string | null;
};

/** A compose project as resolved by `composeConfig`; volumes and networks by key, with the name on the engine if one is given. */
export type ComposeModel = {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, NamedResource>>;
  readonly networks: Readonly<Record<string, NamedResource>>;
};

/** `external`: made by somebody else, never removed with the project. */
export type NamedResource = { readonly name: string | null; readonly external: boolean };

/** Reads what compose v1 or v2 printed for `config`. Throws `COMPOSE_MODEL_UNREADABLE`, quoting none of the text. */
export const readComposeModel = (text: string): ComposeModel => {
  const root = mapOf(parseYaml(text));
  if (Object.keys(mapOf(root['services'])).length === 0) throw unreadable('it has no services');
  return {
    services: mapValues(mapOf(root['services']), readService),
    volumes: mapValues(mapOf(root['volumes']), readResource),
    networks: mapValues(mapOf(root['networks']), readResource),
  };
};

const readService = (value: unknown, name: string): ComposeService => {
  const service = mapOf(value);
  const networks = service['networks'];
  return {
    image: textOf(service['image']),
    build: readBuild(service['build']),
    containerName: textOf(service['container_name']),
    restart: textOf(service['restart']) ?? 'no',
    ports: listOf(service['ports']).map((port) => readPort(port) ?? unknownForm(`services.${name}.ports`)),
    mounts: [
      ...listOf(service['volumes']).map(
        (mount) => readMount(mount) ?? unknownForm(`services.${name}.volumes`),
      ),
      ...readTmpfs(service['tmpfs']),
    ],
    networks: Array.isArray(networks) ? listOf(networks).map(String) : Object.keys(mapOf(networks)),
    networkMode: textOf(service['network_mode']),
  };
};

const readBuild = (value: unknown): ComposeService['build'] => {
  if (typeof value === 'string') return { context: value, dockerfile: 'Dockerfile', target: null };
  const { context, dockerfile, target } = mapOf(value);
  if (typeof context !== 'string') return null;
  return { context, dockerfile: textOf(dockerfile) ?? 'Dockerfile', target: textOf(target) };
};

const readTmpfs = (value: unknown): ComposeMount[] =>
  (typeof value === 'string' ? [value] : listOf(value)).map((entry) => {
    const target = String(entry).split(':')[0] ?? '';
    return { type: 'tmpfs', source: null, target, readOnly: false };
  });

const readResource = (value: unknown): NamedResource => {
  const { name, external } = mapOf(value);
  // v1's older form is `external: {name: x}`.
  return {
    name: textOf(name) ?? textOf(mapOf(external)['name']),
    external: external !== undefined && external !== false,
  };
};

const parseYaml = (text: string): unknown => {
  try {
    return parse(text, { logLevel: 'error' });
  } catch {
    throw unreadable('it is not YAML');
  }
};

const mapValues = <Value>(
  map: Readonly<Record<string, unknown>>,
  read: (value: unknown, key: string) => Value,
): Record<string, Value> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, read(value, key)]));

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const mapOf = (value: unknown): Readonly<Record<string, unknown>> => (isMap(value) ? value : {});

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

const unknownForm = (path: string): never => {
  throw unreadable(`${path} is in a form that is not known`);
};

const unreadable = (cause: string): OperationError =>
  new OperationError({
    code: 'COMPOSE_MODEL_UNREADABLE',
    operation: 'readComposeModel',
    target: 'compose configuration',
    cause,
    hint: "Run `docker compose config` (or `docker-compose config`) in the project's folder and correct what it reports.",
    retryable: false,
  });
