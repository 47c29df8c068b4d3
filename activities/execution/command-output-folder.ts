import path from 'node:path';
import type { HostConfig } from '../../config/host-schema.ts';

/** Where the output of commands is kept that an error may not quote, since it may name secrets. */
export function commandOutputFolder({ state }: HostConfig): string {
  return path.join(state.folder, 'command-output');
}
