import path from 'node:path';

/** The bundle that lies beside an archive: `fdts_config_<time>.tar.age`, with the time in the archive's name. */
export function bundleBeside(archive: string): string {
  const name = path.basename(archive, '.tar.gz').replace(/^fdts_backup_/, 'fdts_config_');
  return path.join(path.dirname(archive), `${name}.tar.age`);
}
