import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { SetUpError } from './set-up-error.ts';
import { stateBase } from './state-base.mjs';

/** The root folder of this checkout. */
export const checkoutRoot = dirname(import.meta.dirname);

/**
 * A short name for what this checkout starts, so that two checkouts on one machine never clash.
 * FDTS_OPS_INSTANCE gives another one (the tests use their own beside a demo that was kept).
 */
export function instanceId(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['FDTS_OPS_INSTANCE'];
  if (given === undefined)
    return createHash('sha256').update(realpathSync(checkoutRoot)).digest('hex').slice(0, 8);
  if (/^[a-z0-9][a-z0-9-]{0,19}$/.test(given)) return given;
  throw new SetUpError({
    what: 'FDTS_OPS_INSTANCE is not a usable name.',
    got: JSON.stringify(given),
    expected: '1 to 20 lower-case letters, digits and dashes, not starting with a dash',
    next: 'unset it, or give it such a name',
  });
}

/** The instance of this checkout's tests, apart from a demo that was kept. */
export function testInstanceId(): string {
  return `test-${instanceId({})}`;
}

/** Where this instance keeps what it started, its logs and its Temporal data. */
export function stateFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(stateBase(environment), instanceId(environment));
}

/** Where programs that were downloaded or built are kept; all checkouts of a user share it. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'fdts-ops');
}
