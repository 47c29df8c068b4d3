import path from 'node:path';
import { resolveFreeze } from './freezes.ts';
import type { HostConfig, ParsedHost } from './host-schema.ts';

/** Fills in what follows from other keys: scratch folder, notifications file, absolute compose and env files. */
export function completeHost(parsed: ParsedHost, file = '/etc/fdts-ops/host.yml'): HostConfig {
  const inProject = (file: string): string => path.posix.resolve(parsed.project.folder, file);
  return {
    ...parsed,
    file,
    project: {
      ...parsed.project,
      composeFiles: parsed.project.composeFiles.map(inProject),
      envFile: parsed.project.envFile === null ? null : inProject(parsed.project.envFile),
    },
    backups: { ...parsed.backups, scratch: parsed.backups.scratch ?? inProject('.fdts-ops') },
    bundle: { ...parsed.bundle, paths: parsed.bundle.paths.map(inProject) },
    freezes: parsed.freezes.flatMap((freeze) => resolveFreeze(freeze, parsed.host.timezone) ?? []),
    notifications: {
      ...parsed.notifications,
      file: parsed.notifications.file ?? path.posix.join(parsed.state.folder, 'notifications.jsonl'),
    },
  };
}
