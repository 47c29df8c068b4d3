import path from 'node:path';
import type { HostConfig } from '../config/host-schema.ts';

/** Where the host's journal lies. */
export function journalFile(config: HostConfig): string {
  return path.join(config.state.folder, 'journal.sqlite');
}

/** The lock that one change at a time holds. */
export function lockFile(config: HostConfig): string {
  return path.join(config.state.folder, 'host.lock');
}
