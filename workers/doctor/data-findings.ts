import path from 'node:path';
import { makeFolderCommand } from '../../activities/adapters/command/make-folder-command.ts';
import { STORE_APART } from '../../activities/backups/external-storage.ts';
import { mendUploads } from '../../activities/backups/uploads-check.ts';
import type { Finding } from '../../client/commands/doctor.ts';
import type { HostConfig } from '../../config/host-schema.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { databaseFindings } from './database-findings.ts';
import { inWords } from './in-words.ts';
import type { MachineFacts } from './machine-facts.ts';

/** What the configuration says of the data and the backups, against what is there. Pure. */
export function dataFindings(config: HostConfig, facts: MachineFacts): Finding[] {
  return [
    ...databaseFindings(config, facts),
    ...folders(config, facts),
    ...uploadsInBackup(config, facts),
    ...restoreInPlace(facts),
    ...scratch(config, facts),
    ...secondCopy(config, facts),
    ...freeSpace(config, facts),
  ];
}

function folders(config: HostConfig, { paths, notWritable }: MachineFacts): Finding[] {
  const { data, backups } = config;
  const { uid, gid } = data.owner;
  const named: readonly (readonly [string, string, string | null])[] = [
    ['folder of the database', 'data.database', path.posix.dirname(data.database)],
    ['uploads', 'data.uploads', data.uploads],
    ['backups', 'backups.folder', backups.folder],
    ['external copies', 'backups.external', backups.external],
    ['scratch', 'backups.scratch', backups.scratch],
  ];
  return named.flatMap(([name, key, folder]): Finding[] => {
    if (folder === null) return [];
    if (paths[folder]?.kind !== 'folder') {
      const getIt = `correct ${key}; or make it: ${makeFolderCommand(data.owner, folder)}`;
      return [{ name, status: 'missing', found: `no folder ${folder}`, getIt }];
    }
    if (!notWritable.includes(folder)) return [{ name, status: 'ok', found: folder }];
    const getIt = `let the owner of the data write there: sudo chown -h ${uid}:${gid} ${shellQuote(folder)} (and see that it is not mounted read-only)`;
    return [{ name, status: 'missing', found: `user ${uid} may not write ${folder}`, getIt }];
  });
}

/** A folder that is missing is told already. */
function uploadsInBackup({ data }: HostConfig, { uploads, paths }: MachineFacts): Finding[] {
  const name = 'uploads in a backup';
  if (paths[data.uploads]?.kind !== 'folder') return [];
  if ('problem' in uploads)
    return [{ name, status: 'warning', found: `not told: ${uploads.problem}`, getIt: uploads.hint }];
  if (uploads.lostCount === 0) return [{ name, status: 'ok', found: `${uploads.count} files` }];
  const named = uploads.lost.map(({ path: upload, what }) => `${JSON.stringify(upload)} ${what}`);
  const more = uploads.lostCount - named.length;
  const found = `not in any: ${named.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
  return [{ name, status: 'warning', found, getIt: mendUploads(data.uploads) }];
}

/** Known long before a restore is needed; backups are good all the same. */
function restoreInPlace({ restoreObstacles: found }: MachineFacts): Finding[] {
  const name = 'a restore in place';
  if ('problem' in found)
    return [{ name, status: 'warning', found: `not told: ${found.problem}`, getIt: found.hint }];
  if (found.length === 0) return [{ name, status: 'ok', found: 'can be made: nothing is in the way of it' }];
  const told = found.map(({ what, got }) => `${what}: ${got}`).join('; ');
  const getIt = found.map(({ todo }) => todo).join('; ');
  return [{ name, status: 'warning', found: `a restore would be refused: ${told}`, getIt }];
}

function scratch({ data, backups }: HostConfig, { paths }: MachineFacts): Finding[] {
  const here = paths[backups.scratch];
  const ofData = paths[path.posix.dirname(data.database)];
  if (here?.kind !== 'folder' || ofData?.kind !== 'folder' || here.mount === ofData.mount) return [];
  return [
    {
      name: 'scratch beside the data',
      status: 'missing',
      found: `${backups.scratch} is on another file system (or another mount of it) than ${data.database}: files cannot be moved at once`,
      getIt: `set backups.scratch to a folder on the file system of the data, beside ${path.posix.dirname(data.database)}`,
    },
  ];
}

/** A missing folder is told already. */
function secondCopy({ backups }: HostConfig, { externalNotApart, paths }: MachineFacts): Finding[] {
  const name = 'second copy of the backups';
  if (backups.external === null)
    return [
      { name, status: 'warning', found: 'backups.external is null: there is none', getIt: STORE_APART },
    ];
  if (paths[backups.external]?.kind !== 'folder') return [];
  if (externalNotApart !== null)
    return [{ name, status: 'warning', found: externalNotApart, getIt: STORE_APART }];
  return [{ name, status: 'ok', found: `${backups.external}, apart from the data and the backups` }];
}

/** The worst case: nothing shrinks in an archive; a window has a copy in scratch and a compacted database beside it. */
function freeSpace({ backups }: HostConfig, { paths, dataBytes }: MachineFacts): Finding[] {
  const name = 'free space';
  if (dataBytes === null) {
    return [
      {
        name,
        status: 'warning',
        found: 'not told: the size of the data could not be read in time',
        getIt: 'compare by hand: du -sh, df -h',
      },
    ];
  }
  const needs: readonly (readonly [string, string, number])[] = [
    ['a backup', backups.folder, dataBytes],
    ['a window', backups.scratch, 2 * dataBytes],
  ];
  const findings = needs.flatMap(([what, folder, bytes]): Finding[] => {
    const free = paths[folder]?.freeBytes ?? 0;
    if (paths[folder]?.kind !== 'folder' || free >= bytes) return [];
    const getIt = `free space there; or name a folder on a larger disk`;
    return [
      {
        name,
        status: 'missing',
        found: `${what} may need ${inWords(bytes)} in ${folder}, free are ${inWords(free)}`,
        getIt,
      },
    ];
  });
  return findings.length > 0
    ? findings
    : [{ name, status: 'ok', found: `enough for a backup and a window (data: ${inWords(dataBytes)})` }];
}
