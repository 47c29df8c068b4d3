import { readFileSync } from 'node:fs';
import { isolationStateFile } from '../activities/adapters/machine/isolation.ts';

/** Lets users in again; the journal and the incident have no part in it. */
export const LET_USERS_IN = 'sudo /usr/lib/fdts-ops/isolation off';

/** Since when the rules of a security incident shut users out of this host; null: they do not, or the file may not be read. */
export function usersShutOutSince(file = isolationStateFile): string | null {
  try {
    return /^since=(.+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 'an unknown time';
  } catch {
    return null;
  }
}
