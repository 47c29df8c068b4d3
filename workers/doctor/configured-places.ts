import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';

/** The files and folders that a configuration names; of these the folders that the owner of the data writes. Pure. */
export function configuredPlaces({ project, data, backups, state, checks }: HostConfig): {
  readonly files: readonly string[];
  readonly ownFolders: readonly string[];
} {
  const ownFolders = [
    path.posix.dirname(data.database),
    data.uploads,
    backups.folder,
    backups.scratch,
    ...(backups.external === null ? [] : [backups.external]),
  ];
  const passwordFile = checks.login?.passwordFile;
  return {
    ownFolders,
    files: [
      project.folder,
      ...project.composeFiles,
      ...(project.envFile === null ? [] : [project.envFile]),
      data.database,
      ...ownFolders,
      state.folder,
      ...(passwordFile === undefined ? [] : [passwordFile]),
    ],
  };
}
