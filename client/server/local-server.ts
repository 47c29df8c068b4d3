import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { isRecord } from '../../config/is-record.ts';

/** A Temporal server that set-up started for this checkout. */
export interface LocalServer {
  readonly address: string;
  readonly uiUrl: string;
}

/**
 * The server that `npm run demo` left running, from the record that set-up keeps of it; undefined when there is
 * none. The compiled program has no set-up code, so what setup/instance.ts decides is said again here.
 */
export function localServer(environment: NodeJS.ProcessEnv): LocalServer | undefined {
  const checkout = checkoutRoot();
  if (checkout === undefined) return undefined;
  const state = environment['XDG_STATE_HOME'] || path.join(homedir(), '.local', 'state');
  const instance =
    environment['FDTS_OPS_INSTANCE'] ??
    createHash('sha256').update(realpathSync(checkout)).digest('hex').slice(0, 8);
  const settings = settingsIn(path.join(state, 'fdts-ops', instance, 'started', 'process.temporal.json'));
  const [host, port, uiPort] = [settings['bindAddress'], settings['port'], settings['uiPort']];
  if (typeof host !== 'string' || typeof port !== 'string' || typeof uiPort !== 'string') return undefined;
  return { address: `${host}:${port}`, uiUrl: `http://127.0.0.1:${uiPort}` };
}

/** From `client/server` or `dist/client/server`. */
function checkoutRoot(): string | undefined {
  const here = path.resolve(import.meta.dirname, '../..');
  return [here, path.dirname(here)].find((folder) => existsSync(path.join(folder, 'setup', 'instance.ts')));
}

function settingsIn(file: string): Record<string, unknown> {
  try {
    const entry: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isRecord(entry) && isRecord(entry['settings']) ? entry['settings'] : {};
  } catch {
    return {};
  }
}
