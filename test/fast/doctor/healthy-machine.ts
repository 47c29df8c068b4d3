import type { PathFacts } from '../../../activities/adapters/site/path-facts.ts';
import type { HostConfig } from '../../../config/host-schema.ts';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { configuredPlaces } from '../../../workers/doctor/configured-places.ts';
import type { MachineFacts } from '../../../workers/doctor/machine-facts.ts';
import { writeConfigFile } from '../config/write-config-file.ts';
import { containersOf } from '../init/sites.ts';

/** A configuration with everything that can be configured and checked. */
export async function fullConfig(): Promise<HostConfig> {
  return loadHostConfig(
    await writeConfigFile(`
host: {name: fdts-prod, timezone: Europe/Paris}
data: {owner: {uid: 10001, gid: 10001}}
backups: {external: /mnt/external}
checks:
  login:
    url: http://127.0.0.1:3001/api/auth/login
    body: {username: smoke, password: "{password}"}
    passwordFile: /etc/fdts-ops/smoke-password
  upload: {url: "http://127.0.0.1:3001/api/files", downloadUrl: "http://127.0.0.1:3001/api/files/{id}"}
`),
  );
}

/** A path that is there, readable by its owner and group alone. */
export function place(kind: 'file' | 'folder', more: Partial<PathFacts> = {}): PathFacts {
  return { kind, uid: 10_001, gid: 10_001, mode: 0o640, mount: '/', freeBytes: 1e12, ...more };
}

const isFile = (name: string): boolean => /\.(yml|sqlite|production)$|password$/.test(name);

/** A machine that a configuration fits in everything. */
export function healthyMachine(config: HostConfig): MachineFacts {
  const answers = { ok: true, status: 200, version: '1.0.0', milliseconds: 1, problem: null };
  return {
    paths: Object.fromEntries(
      configuredPlaces(config).files.map((name) => [name, place(isFile(name) ? 'file' : 'folder')]),
    ),
    notWritable: [],
    projects: ['fdts'],
    containers: containersOf(),
    composeTools: [{ argv: ['docker-compose'], version: '1.29.2' }],
    liveRestore: true,
    unit: { state: 'active', holds: true },
    database: {
      bytes: 1e6,
      pageSize: 4096,
      pageCount: 244,
      freelistCount: 0,
      journalMode: 'wal',
      userVersion: 0,
      schemaHash: 'a',
      tables: { users: 1, audit_logs: 2, files: 3 },
      sqliteVersion: '3.50.0',
      integrity: 'ok',
      foreignKeyViolations: 0,
      notProven: [],
      lastWrittenBy: '3.53.2',
    },
    configuration: 'mark',
    databaseMounters: [],
    restoreObstacles: [],
    uploads: { count: 3, bytes: 1e6, lost: [], lostCount: 0, harmless: 0 },
    externalNotApart: null,
    dataBytes: 2e6,
    health: answers,
    proxyHealth: answers,
    login: 'works',
    upload: 'works',
    canWorkerReadPassword: true,
    timezone: 'Europe/Paris',
    rootTaskFits: true,
    worker: { ...answers, version: 'mark' },
  };
}
