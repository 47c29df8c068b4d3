import path from 'node:path';
import { FILE_IS_MOUNTED, mountItsFolder } from '../../activities/survey/database-mount.ts';
import { mounting } from './choose-roles.ts';
import type { SiteFacts, Suggestion } from './site-facts.ts';

const TABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Tables of tools, which a new version may change or drop. */
const OF_TOOLS =
  /^(schema_)?migrations?$|^_|^knex_|^alembic_|^goose_|^sequelize|^django_|_fts(_|$)|^sessions?$/i;

/** `data` and `backups` of the first configuration. Pure. */
export function suggestData(facts: SiteFacts): Suggestion[] {
  return [...database(facts), uploads(facts), ...backups(facts)];
}

function database(facts: SiteFacts): Suggestion[] {
  const { database: found, otherDatabases } = facts.places;
  if (found === null) return noDatabase(facts);
  const { file, uid, gid } = found;
  const others = otherDatabases.length === 0 ? '' : `; others are there too: ${otherDatabases.join(', ')}`;
  const text = `begins as an SQLite database${found.hasLog ? ', and its log is beside it' : ''}${inVolume(facts, file)}${others}`;
  const owner = 'owner of that file';
  const mounters = facts.containers.filter(({ mounts }) => mounts.some(({ source }) => source === file));
  return [
    mounters.length > 0
      ? {
          key: 'data.database',
          value: file,
          how: 'to do',
          text: `${text}. But ${mounters.map(({ service }) => service).join(', ')} mounts the file itself: ${FILE_IS_MOUNTED}. First ${mountItsFolder(file)}`,
        }
      : facts.databaseProblem === null
        ? { key: 'data.database', value: file, how: others === '' ? 'found' : 'guess', text }
        : {
            key: 'data.database',
            value: file,
            how: 'to do',
            text: `${text}. But user ${uid} could not read it: ${facts.databaseProblem}`,
          },
    { key: 'data.owner.uid', value: uid, how: 'found', text: owner },
    { key: 'data.owner.gid', value: gid, how: 'found', text: owner },
    coreTables(facts.tables),
  ];
}

function noDatabase({ folder }: SiteFacts): Suggestion[] {
  const text = 'no mounted folder holds an SQLite database: put its path on this host there';
  const owner = 'put what this shows there: stat -c "%u %g" DATABASE';
  return [
    { key: 'data.database', value: path.posix.join(folder, 'data/database.sqlite'), how: 'to do', text },
    { key: 'data.owner.uid', value: 1000, how: 'to do', text: owner },
    { key: 'data.owner.gid', value: 1000, how: 'to do', text: owner },
    coreTables(null),
  ];
}

function inVolume({ containers }: SiteFacts, file: string): string {
  const mount = containers.map((one) => mounting(one, file)).find((one) => one !== undefined);
  return mount?.type === 'volume' && mount.name !== null ? `; in the Docker volume ${mount.name}` : '';
}

function coreTables(tables: readonly string[] | null): Suggestion {
  const key = 'data.coreTables';
  const own = (tables ?? []).filter((name) => TABLE_NAME.test(name) && !OF_TOOLS.test(name));
  if (own.length === 0) {
    return {
      key,
      value: ['users'],
      how: 'to do',
      text: 'put the tables there that the app cannot be without',
    };
  }
  const text = 'every table of the database but those of tools; leave out what a new version may drop';
  return { key, value: own, how: 'guess', text };
}

function uploads({ places, folder }: SiteFacts): Suggestion {
  const key = 'data.uploads';
  if (places.uploads === null) {
    const text = 'put the folder with the files of the users there (it could not be told from the mounts)';
    return { key, value: path.posix.join(folder, 'uploads'), how: 'to do', text };
  }
  const { folder: value, why, isGuess } = places.uploads;
  return { key, value, how: isGuess ? 'guess' : 'found', text: why };
}

function backups(facts: SiteFacts): Suggestion[] {
  const { places, folder } = facts;
  const key = 'backups.folder';
  const first: Suggestion =
    places.backups === null
      ? {
          key,
          value: path.posix.join(folder, 'backups'),
          how: 'to do',
          text: 'no folder of backups is mounted: make one that the owner of the database may write (and nobody else may read), and put it there',
        }
      : {
          key,
          value: places.backups.folder,
          how: places.backups.isGuess ? 'guess' : 'found',
          text: places.backups.why,
        };
  return [first, scratch(facts)];
}

/** Files are moved between it and the data by rename, so it is on the mount of the data. */
function scratch({ places, folder, folders, mount }: SiteFacts): Suggestion {
  const key = 'backups.scratch';
  const file = places.database?.file;
  const ofData = folders.find(({ path: one }) => file?.startsWith(`${one}/`));
  if (file === undefined || ofData === undefined || ofData.mount === mount) {
    const text = 'on the file system of the database; the installer makes it';
    return { key, value: path.posix.join(folder, '.fdts-ops'), how: 'found', text };
  }
  const dataFolder = path.posix.dirname(file);
  const value = path.posix.join(path.posix.dirname(dataFolder), '.fdts-ops');
  if (ofData.mount === dataFolder) {
    const text = `${dataFolder} is a mount of its own, so that nothing beside it is on its file system: move the database into a folder below it, and put a folder beside that one there`;
    return { key, value, how: 'to do', text };
  }
  const text = `the data is on another file system than ${folder}: a folder on that one, beside the data`;
  return { key, value, how: 'guess', text };
}
