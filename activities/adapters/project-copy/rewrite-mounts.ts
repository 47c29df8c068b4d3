import path from 'node:path';
import { readMount } from '../compose/mount.ts';
import { isWithin } from '../configuration-bundle/bundle-source.ts';
import { inCopy } from './copy-names.ts';
import { listOf, mapOf, type Plain, textOf } from './shapes.ts';

/** What the mounts of a copy are rewritten with. */
export type MountRules = {
  readonly folder: string;
  readonly database: string;
  /** What of the host is the database: its folder, or its files alone. */
  readonly databasePlaces: readonly string[];
  readonly uploads: string;
  /** The name by which the configuration knows a mounted place of the data, where the compose file goes there through a link. */
  readonly dataNames: Readonly<Record<string, string>>;
  /** Folders that a copy gets empty: backups, and what the configuration names. */
  readonly emptyPaths: readonly string[];
  /** Where the engine keeps each named volume of the live project, by its name on the engine. */
  readonly volumeFolders: Readonly<Record<string, string>>;
  /** The name on the engine of each volume of the compose file, by its key. */
  readonly volumeNames: Readonly<Record<string, string>>;
};

/** The rewritten mounts of one service, and what has to lie in the copy before it is made. */
export type RewrittenMounts = {
  readonly mounts: readonly Plain[];
  /** Paths of the host whose content is copied, without users' data. */
  readonly sources: readonly string[];
  /** Paths of the host that are empty folders in the copy. */
  readonly empty: readonly string[];
  /** Keys of volumes that the copy has, new and empty. */
  readonly volumes: readonly string[];
  readonly notes: readonly string[];
  readonly refused: readonly string[];
};

/** Rewrites the mounts, secrets and configs of a service; every path lies in the copy's folder afterwards. */
export const rewriteMounts = (
  service: Plain,
  where: string,
  files: { readonly secrets: Plain; readonly configs: Plain },
  rules: MountRules,
): RewrittenMounts => {
  const parts = [
    ...listOf(service['volumes']).map((mount) => rewriteOne(mount, where, rules)),
    ...listOf(service['secrets']).map((secret) =>
      fileMount(secret, files.secrets, '/run/secrets/', `${where}.secrets`, rules),
    ),
    ...listOf(service['configs']).map((config) =>
      fileMount(config, files.configs, '/', `${where}.configs`, rules),
    ),
  ];
  return {
    mounts: parts.flatMap(({ mounts = [] }) => mounts),
    sources: parts.flatMap(({ sources = [] }) => sources),
    empty: parts.flatMap(({ empty = [] }) => empty),
    volumes: parts.flatMap(({ volumes = [] }) => volumes),
    notes: parts.flatMap(({ notes = [] }) => notes),
    refused: parts.flatMap(({ refused = [] }) => refused),
  };
};

type Part = Partial<RewrittenMounts>;

const rewriteOne = (value: unknown, where: string, rules: MountRules): Part => {
  const mount = readMount(value);
  if (mount === null) return { refused: [`${where}.volumes is in a form that is not known`] };
  const { type, source, target, readOnly } = mount;
  if (type === 'tmpfs') return { mounts: [{ type, target }] };
  if (type === 'bind' && source !== null) return bind(source, target, readOnly, where, rules);
  if (type !== 'volume') return { refused: [`${where} mounts ${type} ${source ?? ''} at ${target}`] };
  if (source === null) return { mounts: [{ type, target }] };
  const liveFolder = rules.volumeFolders[rules.volumeNames[source] ?? source];
  if (liveFolder !== undefined && [rules.database, rules.uploads].some((data) => isWithin(data, liveFolder)))
    return bind(liveFolder, target, readOnly, where, rules);
  return {
    mounts: [{ type, source, target, ...(readOnly ? { read_only: true } : {}) }],
    volumes: [source],
    notes: [`volume ${source} of ${where} is empty in the copy`],
  };
};

const bind = (from: string, target: string, readOnly: boolean, where: string, rules: MountRules): Part => {
  const named = path.normalize(from).replace(/(?<=.)\/$/, '');
  const source = rules.dataNames[named] ?? named;
  if (!path.isAbsolute(source)) return { refused: [`${where} mounts ${source}, which is no absolute path`] };
  const mounts = [
    { type: 'bind', source: inCopy(rules.folder, source), target, ...(readOnly ? { read_only: true } : {}) },
  ];
  const isData = [...rules.databasePlaces, rules.uploads].some((data) => isWithin(source, data));
  if (isData) return source === rules.database ? { mounts } : { mounts, empty: [source] };
  if (rules.emptyPaths.some((empty) => isWithin(source, empty))) return { mounts, empty: [source] };
  if (isOfTheSystem(source)) return { refused: [`${where} mounts ${source} of this machine`] };
  return { mounts, sources: [source] };
};

const PSEUDO = ['/proc', '/sys', '/dev', '/run', '/var/run', '/var/lib/docker', '/boot'];
const BROAD = [
  '/',
  '/etc',
  '/home',
  '/lib',
  '/media',
  '/mnt',
  '/opt',
  '/root',
  '/srv',
  '/tmp',
  '/usr',
  '/var',
];

const isOfTheSystem = (source: string): boolean =>
  PSEUDO.some((place) => isWithin(source, place)) || [...BROAD, '/var/lib', '/var/log'].includes(source);

// Without a swarm, compose mounts the file itself.
const fileMount = (value: unknown, known: Plain, base: string, where: string, rules: MountRules): Part => {
  const given = typeof value === 'string' ? { source: value } : mapOf(value);
  const name = textOf(given['source']) ?? '';
  const file = textOf(mapOf(known[name])['file']);
  if (file === null) return { refused: [`${where}: ${name} does not come from a file`] };
  const target = textOf(given['target']) ?? name;
  return bind(file, path.isAbsolute(target) ? target : path.join(base, target), true, where, rules);
};
