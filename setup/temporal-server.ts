import { Connection } from '@temporalio/client';
import type { ClientConfigProfile } from '@temporalio/envconfig';
import { say } from './say.ts';
import { chooseTemporalExecutable } from './temporal-executable.ts';
import { givenTemporal } from './temporal-given.ts';
import { ensureSearchAttributes } from './temporal-search-attributes.ts';
import { givenServer } from './temporal-server-given.ts';
import { type OwnServerSettings, ownServer } from './temporal-server-own.ts';

/** A Temporal server that answers, with the product's search attributes. */
export interface TemporalServer {
  /** host:port for workers and clients. */
  readonly address: string;
  readonly namespace: string;
  /** Of the web UI; for a server that was given only FDTS_OPS_UI_URL tells it, else undefined. */
  readonly uiUrl: string | undefined;
  readonly chosen: 'given' | 'path' | 'sdk-cache' | 'built';
  readonly startedByUs: boolean;
  /** Of the running server process; undefined for a given one and while it is stopped. */
  readonly pid: number | undefined;
  /** The settings of a server that was given, with TLS and key; one of our own has none but its address. */
  readonly profile: ClientConfigProfile | undefined;
  /** For the environment of child processes, so that they reach this server and no other (undefined unsets). */
  readonly environment: NodeJS.ProcessEnv;
  /** Ends it in order. Nothing happens to a server that was given. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would; refused for a server that was given. */
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`: same file, same ports, same search attributes. */
  start(): Promise<void>;
}

/** What to start when no server is given. */
export interface TemporalServerOptions extends OwnServerSettings {
  /** false: never use a server that was given (tests kill theirs, and must not run on somebody's real one). */
  readonly useGiven?: boolean;
}

/**
 * The Temporal server to use: the one that was given (TEMPORAL_ADDRESS, profiles), else one of our own on a
 * file that persists, started or, when this instance's already runs, reused. Says in one line which it is.
 */
export async function ensureTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const given = options.useGiven === false ? undefined : givenTemporal();
  if (given) {
    const server = await givenServer(given);
    say(`Temporal server: the one given, ${given.address}, namespace ${given.namespace}`);
    return server;
  }
  const executable = await chooseTemporalExecutable();
  const server = await ownServer(executable, options);
  await server.start();
  await registerSearchAttributes(server);
  say(
    `Temporal server: ${executable.version} from ${origin[executable.chosen]} (${executable.path}), at ${server.address}, UI ${server.uiUrl}`,
  );
  return server;
}

const origin = { path: 'PATH', 'sdk-cache': "the SDK's download", built: 'a build of our own' };

/** A data file of an older version may lack some: the flags of start-dev only count for a new one. */
async function registerSearchAttributes({ address, namespace }: TemporalServer): Promise<void> {
  const connection = await Connection.connect({ address });
  try {
    await ensureSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
}
