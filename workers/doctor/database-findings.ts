import { howWritersWait, LET_WRITERS_PASS } from '../../activities/backups/writers-wait.ts';
import { FILE_IS_MOUNTED, mountItsFolder } from '../../activities/survey/database-mount.ts';
import type { Finding } from '../../client/commands/doctor.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import { inWords } from './in-words.ts';
import type { MachineFacts } from './machine-facts.ts';

/** What the configuration says of the database, against what is there. Pure. */
export function databaseFindings(config: HostConfig, facts: MachineFacts): Finding[] {
  return [
    database(config, facts),
    ...mount(config, facts),
    ...writers(facts),
    ...foreignKeys(config, facts),
    ...owner(config, facts),
    ...coreTables(config, facts),
  ];
}

function database({ data }: HostConfig, { database: found, paths }: MachineFacts): Finding {
  const name = 'database';
  if (paths[data.database]?.kind === 'folder') {
    const getIt = 'set data.database to the file in it that is the database';
    return { name, status: 'missing', found: `${data.database} is a folder`, getIt };
  }
  if ('problem' in found) {
    const isThere = paths[data.database]?.kind === 'file';
    const getIt = isThere
      ? found.hint
      : 'set data.database to the path on this host, as shown by: docker inspect (Mounts)';
    return { name, status: 'missing', found: isThere ? found.problem : `no file ${data.database}`, getIt };
  }
  if (found.integrity !== 'ok') {
    const getIt = 'do not start a window: keep the file, and restore the newest good backup';
    return { name, status: 'missing', found: `${data.database} is damaged: ${found.integrity[0]}`, getIt };
  }
  if (found.notProven.length > 0) {
    const getIt = 'no damage: ask whoever maintains the app, which alone can check this; backups say so too';
    return { name, status: 'warning', found: `not all of it can be checked: ${found.notProven[0]}`, getIt };
  }
  const tables = Object.keys(found.tables).length;
  return {
    name,
    status: 'ok',
    found: `${data.database}, ${inWords(found.bytes)}, ${tables} tables, ${found.journalMode}`,
  };
}

/** What is read of it here is then not what the app sees. */
function mount({ data }: HostConfig, { databaseMounters }: MachineFacts): Finding[] {
  if (databaseMounters.length === 0) return [];
  return [
    {
      name: 'mount of the database',
      status: 'missing',
      found: `${databaseMounters.join(', ')} mounts the file ${data.database}: ${FILE_IS_MOUNTED}`,
      getIt: mountItsFolder(data.database),
    },
  ];
}

/** In another mode than WAL whoever reads the database keeps the app from writing. */
function writers({ database: found }: MachineFacts): Finding[] {
  const waiting = 'problem' in found ? null : howWritersWait(found);
  if (waiting === null) return [];
  return [{ name: 'writes during a backup', status: 'warning', found: waiting, getIt: LET_WRITERS_PASS }];
}

/** They go into every backup: those of fdts-ops say how many there were, archives of the site cannot. */
function foreignKeys({ data }: HostConfig, { database: found }: MachineFacts): Finding[] {
  if ('problem' in found || found.foreignKeyViolations === 0) return [];
  const name = 'foreign keys';
  const told = `${found.foreignKeyViolations} rows violate foreign keys; backups have them too`;
  if (data.allowForeignKeyViolations) return [{ name, status: 'ok', found: `${told}, as configured` }];
  const getIt =
    'ask whoever maintains the app; so that archives of the site, which cannot say how many there were, can be restored: data.allowForeignKeyViolations: true';
  return [{ name, status: 'warning', found: told, getIt }];
}

function owner({ data }: HostConfig, { paths }: MachineFacts): Finding[] {
  const file = paths[data.database];
  if (file?.kind !== 'file') return [];
  const { uid, gid } = data.owner;
  const name = 'owner of the data';
  if (file.uid === uid && file.gid === gid) return [{ name, status: 'ok', found: `${uid}:${gid}` }];
  const found = `the file belongs to ${file.uid}:${file.gid}, the configuration says ${uid}:${gid}`;
  return [{ name, status: 'missing', found, getIt: `data.owner: { uid: ${file.uid}, gid: ${file.gid} }` }];
}

function coreTables({ data }: HostConfig, { database: found }: MachineFacts): Finding[] {
  if ('problem' in found) return [];
  const name = 'core tables';
  const there = Object.keys(found.tables);
  const missing = data.coreTables.filter((table) => !there.includes(table));
  if (missing.length === 0) return [{ name, status: 'ok', found: data.coreTables.join(', ') }];
  const getIt = `data.coreTables: choose of ${there.join(', ')}`;
  return [{ name, status: 'missing', found: `not in the database: ${missing.join(', ')}`, getIt }];
}
