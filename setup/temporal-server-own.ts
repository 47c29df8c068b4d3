import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { startDetached } from './detached-process.ts';
import { freePort } from './free-port.ts';
import { stateFolder } from './instance.ts';
import { endProcess, isRunning } from './process-identity.ts';
import { SetUpError } from './set-up-error.ts';
import { forgetStarted, recallStarted, rememberStarted, type Started } from './state.ts';
import type { TemporalExecutable } from './temporal-executable.ts';
import { waitForTemporal } from './temporal-health.ts';
import { searchAttributeFlags } from './temporal-search-attributes.ts';
import type { TemporalServer } from './temporal-server.ts';

/** How a server of our own is set up. */
export interface OwnServerSettings {
  /** Where workers reach it: 127.0.0.1, or the gateway address of a Docker network for workers in containers. */
  readonly bindAddress?: string;
  /** Its SQLite file; made when missing. Default: temporal.db in the state folder. */
  readonly dataFile?: string;
  /** Preferred ports (another is chosen when taken). Default 7233 and 8233. The UI is on 127.0.0.1 only. */
  readonly port?: number;
  readonly uiPort?: number;
  /** Under which it is remembered; a second server beside the first needs another name. */
  readonly name?: string;
}

const startTimeoutMs = 60_000;
// The SDK goes on when the file does not exist, but fails on an empty one.
const noFile = '/nonexistent/temporal.toml';

/** A development server on a file that persists; it survives being killed at any moment. Not started yet. */
export async function ownServer(
  executable: TemporalExecutable,
  options: OwnServerSettings,
): Promise<TemporalServer> {
  const settings = await settle(options);
  const { name, address } = settings;
  const uiUrl = `http://127.0.0.1:${settings.uiPort}`;
  const current = (): Started['process'] | undefined => {
    const entry = recallStarted('process', name);
    return entry && isRunning(entry.identity) ? entry : undefined;
  };
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    const entry = recallStarted('process', name);
    if (entry) await endProcess(entry.identity, { signal });
  };
  return {
    address,
    namespace: 'default',
    uiUrl,
    chosen: executable.chosen,
    startedByUs: true,
    get pid() {
      return current()?.identity.pid;
    },
    profile: undefined,
    environment: { ...onlyThisServer(address), FDTS_OPS_UI_URL: uiUrl },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start: async () => {
      if (!current()) startProcess(executable.path, settings);
      await requireServing(settings, () => current() !== undefined);
    },
  };
}

interface Settled {
  name: string;
  bindAddress: string;
  dataFile: string;
  address: string;
  port: number;
  uiPort: number;
  logFile: string;
}

/** A server of that name that runs, or ran on the same file before, keeps its ports: workers know them. */
async function settle(options: OwnServerSettings): Promise<Settled> {
  const {
    name = 'temporal',
    bindAddress = '127.0.0.1',
    dataFile = join(stateFolder(), 'temporal.db'),
  } = options;
  const entry = recallStarted('process', name);
  const before = entry?.settings ?? {};
  const isSame = before['bindAddress'] === bindAddress && before['dataFile'] === dataFile;
  const runs = entry !== undefined && isRunning(entry.identity);
  if (runs && !isSame) throw otherSettings(name, before, { bindAddress, dataFile });
  const wish = { port: options.port ?? 7233, uiPort: options.uiPort ?? 8233 };
  if (isSame) Object.assign(wish, { port: Number(before['port']), uiPort: Number(before['uiPort']) });
  const port = runs ? wish.port : await freePort(bindAddress, wish.port);
  const uiPort = runs ? wish.uiPort : await freePort('127.0.0.1', wish.uiPort);
  const logFile = join(stateFolder(), `${name}.log`);
  return { name, bindAddress, dataFile, address: `${bindAddress}:${port}`, port, uiPort, logFile };
}

function startProcess(executable: string, settings: Settled): void {
  const { name, bindAddress, dataFile, port, uiPort, logFile } = settings;
  mkdirSync(dirname(dataFile), { recursive: true, mode: 0o700 });
  removeUnfinished(dataFile);
  const args = ['server', 'start-dev', '--ip', bindAddress, '--port', String(port), '--ui-ip', '127.0.0.1'];
  args.push(
    '--ui-port',
    String(uiPort),
    '--db-filename',
    dataFile,
    '--log-level',
    'warn',
    ...searchAttributeFlags(),
  );
  const env = { ...process.env, ...onlyThisServer(undefined) };
  const identity = startDetached({ command: executable, args, logFile, env });
  const remembered = { bindAddress, dataFile, port: String(port), uiPort: String(uiPort) };
  rememberStarted('process', name, { what: 'Temporal server', identity, logFile, settings: remembered });
}

async function requireServing(settings: Settled, isAlive: () => boolean): Promise<void> {
  const { name, address, dataFile, logFile } = settings;
  const problem = await waitForTemporal({ address }, { timeoutMs: startTimeoutMs, isAlive });
  if (problem === undefined) return rmSync(unfinishedMark(dataFile), { force: true });
  const entry = recallStarted('process', name);
  if (entry) await endProcess(entry.identity, { signal: 'SIGKILL' });
  forgetStarted('process', name);
  throw new SetUpError({
    what: 'The Temporal server was started but does not serve.',
    got: `${problem}, at ${address}`,
    expected: `health status SERVING within ${startTimeoutMs / 1000} s`,
    next: `see the end of ${logFile}`,
  });
}

/** A server killed while it makes its file leaves one that no server can start on; it never served: nothing is lost. */
function removeUnfinished(dataFile: string): void {
  const mark = unfinishedMark(dataFile);
  if (existsSync(mark))
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${dataFile}${suffix}`, { force: true });
  if (!existsSync(dataFile))
    writeFileSync(mark, 'the server that makes this file has not served yet\n', { flush: true });
}

function unfinishedMark(dataFile: string): string {
  return `${dataFile}.unfinished`;
}

/** Unsets every TEMPORAL_* setting that is there: a profile's TLS or API key must not mix with this server. */
function onlyThisServer(address: string | undefined): NodeJS.ProcessEnv {
  const unset = Object.keys(process.env).filter((key) => key.startsWith('TEMPORAL_'));
  const none = Object.fromEntries(unset.map((key) => [key, undefined]));
  const own = { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', TEMPORAL_CONFIG_FILE: noFile };
  return { ...none, ...(address === undefined ? {} : own) };
}

function otherSettings(
  name: string,
  got: Record<string, string>,
  wanted: Record<string, string>,
): SetUpError {
  return new SetUpError({
    what: `A Temporal server named ${name} already runs with other settings.`,
    got: JSON.stringify(got),
    expected: JSON.stringify(wanted),
    next: 'npm run demo:down, then the same command again',
  });
}
