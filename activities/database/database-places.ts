import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';
import { isWithin } from '../adapters/configuration-bundle/bundle-source.ts';

type Places = Pick<HostConfig, 'data' | 'project'>;

/**
 * Whether the database lies beside files of the compose project. Mostly it has a folder of its own, and all of that folder is
 * data; here only the files of the database are.
 */
export function liesBesideProject({ data, project }: Places): boolean {
  const folder = path.dirname(data.database);
  const { composeFiles, envFile } = project;
  const ofProject = [project.folder, ...composeFiles, ...(envFile === null ? [] : [envFile])];
  return ofProject.some((file) => isWithin(file, folder));
}

/** What of the host is the database: its folder, or, where it lies beside the project, its files, of which some may be missing. */
export function databasePlaces(config: Places): readonly string[] {
  const { database } = config.data;
  if (!liesBesideProject(config)) return [path.dirname(database)];
  return [database, ...['-wal', '-shm', '-journal'].map((end) => `${database}${end}`)];
}
