import path from 'node:path';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';

/** A folder with one purpose, and the key that names it. */
export interface Place {
  readonly keys: readonly [string, string];
  readonly what: string;
  readonly folder: string;
}

/** The folders that fdts-ops reads, writes or moves, each with one purpose; those that are not known yet are left out. */
export function ownPlaces(host: Partly<ParsedHost>): Place[] {
  const database = host.data?.database;
  const project = host.project?.folder;
  const scratch = host.backups?.scratch ?? (project && path.posix.join(project, '.fdts-ops'));
  const candidates: readonly (readonly [Place['keys'], string, string | null | undefined])[] = [
    [['data', 'database'], 'the folder of the database', database && path.posix.dirname(database)],
    [['data', 'uploads'], 'the folder of the uploaded files', host.data?.uploads],
    [['backups', 'folder'], 'the folder of the backups', host.backups?.folder],
    [['backups', 'external'], 'the folder of the second copies', host.backups?.external],
    [['backups', 'scratch'], 'the folder for throwaway copies', scratch],
    [['state', 'folder'], "the folder of the host's own record", host.state?.folder],
  ];
  return candidates.flatMap(([keys, what, folder]) => (folder ? [{ keys, what, folder }] : []));
}
