import { readFileSync } from 'node:fs';
import type { ContainerInspectInfo } from 'dockerode';
import {
  type ComposeContainer,
  describeComposeContainer,
} from '../../../activities/adapters/docker/projects.ts';
import type { FolderFacts, FoundDatabase } from '../../../activities/adapters/site/examine-folder.ts';
import { chooseData } from '../../../workers/init/choose-data.ts';
import { chooseRoles } from '../../../workers/init/choose-roles.ts';
import type { SiteFacts } from '../../../workers/init/site-facts.ts';

/** What the engine said about the three containers of FDTS that compose 1.29.2 made. */
const captured = readFileSync(new URL('captured/inspect-v1.json', import.meta.url), 'utf8');

/** The captured containers, with texts replaced: another project, other folders, the labels of another compose. */
export function containersOf(...changes: readonly (readonly [RegExp, string])[]): ComposeContainer[] {
  const text = changes.reduce((result, [from, to]) => result.replaceAll(from, to), captured);
  const infos: readonly ContainerInspectInfo[] = JSON.parse(text);
  return infos.flatMap((info) => describeComposeContainer(info) ?? []);
}

/** As compose 2 labels and names what it makes: absolute files, hyphens. */
export const asComposeV2: readonly (readonly [RegExp, string])[] = [
  [/"1\.29\.2"/g, '"2.27.0"'],
  [/"docker-compose\.yml"/g, '"/opt/fdts/docker-compose.yml,/opt/fdts/docker-compose.override.yml"'],
  [/"\/fdts_(\w+)_1"/g, '"/fdts-$1-1"'],
];

/** A database in a folder, as the look into it gives it. */
export function database(file: string, more: Partial<FoundDatabase> = {}): FoundDatabase {
  return { file, uid: 10_001, gid: 10_001, bytes: 4096, hasLog: false, modifiedAt: 0, ...more };
}

/** A folder, as the look into it gives it. */
export function folder(path: string, more: Partial<FolderFacts> = {}): FolderFacts {
  const empty = { databases: [], backups: 0, otherArchives: 0, files: 1, folders: [] };
  return { path, kind: 'folder', mount: '/', ...empty, ...more };
}

/** The folders of the captured host. */
export const usualFolders = [
  folder('/opt/fdts/data', { databases: [database('/opt/fdts/data/database.sqlite', { hasLog: true })] }),
  folder('/opt/fdts/uploads', { files: 500 }),
  folder('/opt/fdts/backups', { backups: 3 }),
];

/** The whole of a site, from its containers and folders. */
export function siteOf(
  containers: readonly ComposeContainer[],
  folders: readonly FolderFacts[],
  more: Partial<SiteFacts> = {},
): SiteFacts {
  const places = chooseData(containers, folders);
  return {
    hostname: 'web-1.example.org',
    timezone: 'Europe/Paris',
    project: containers[0]?.project ?? 'fdts',
    folder: containers[0]?.projectFolder ?? '/opt/fdts',
    mount: '/',
    containers,
    folders,
    places,
    roles: chooseRoles(containers, places.database?.file ?? null, places.backups?.folder ?? null),
    tables: ['audit_logs', 'files', 'schema_migrations', 'users'],
    databaseProblem: null,
    units: [{ unit: 'fdts.service', line: 'WorkingDirectory=/opt/fdts' }],
    envFiles: ['/opt/fdts/.env.production'],
    health: {
      found: { url: 'http://127.0.0.1:3001/api/health', versionField: 'version' },
      redirected: false,
    },
    proxyHealth: {
      found: { url: 'http://127.0.0.1/api/health', versionField: 'version' },
      redirected: false,
    },
    ...more,
  };
}
