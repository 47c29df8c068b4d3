import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { CliError } from '../cli-error.ts';
import type { Terminal } from '../terminal.ts';
import { localServer } from './local-server.ts';
import { type UiLinks, uiLinks } from './ui-links.ts';

/** A connection to the Temporal server, for one verb. */
export interface Server {
  readonly address: string;
  readonly namespace: string;
  readonly connection: Connection;
  readonly client: Client;
  readonly ui: UiLinks;
}

const CONNECT_MS = 3_500;

/** Connects, does the work and closes the connection. Throws CliError with exit code 3 within 5 s when no server answers. */
export async function withServer<Result>(
  terminal: Terminal,
  work: (server: Server) => Promise<Result>,
): Promise<Result> {
  const settings = serverSettings(terminal);
  const connection = await connect(settings);
  const { address, namespace, uiUrl } = settings;
  const client = new Client({ connection, namespace, identity: 'fdts-ops command line' });
  try {
    return await work({ address, namespace, connection, client, ui: uiLinks(uiUrl, namespace) });
  } finally {
    await connection.close();
  }
}

/** Where the server is: the settings that were given, else what set-up started here, else the usual address. */
export function serverSettings({ environment }: Terminal) {
  const { connectionOptions, namespace } = givenSettings(environment);
  const local = localServer(environment);
  const address = connectionOptions.address ?? local?.address ?? 'localhost:7233';
  const given = environment['FDTS_OPS_UI_URL'];
  return {
    address,
    namespace: namespace ?? 'default',
    connectionOptions: { ...connectionOptions, address },
    uiUrl: given ?? (local?.address === address ? local.uiUrl : null),
  };
}

async function connect({
  address,
  connectionOptions,
}: ReturnType<typeof serverSettings>): Promise<Connection> {
  try {
    return await Connection.connect({ ...connectionOptions, connectTimeout: CONNECT_MS });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new CliError('unreachable', {
      code: 'SERVER_UNREACHABLE',
      message: `no Temporal server answers at ${address}: ${reason}`,
      hint: 'Check TEMPORAL_ADDRESS, TEMPORAL_TLS* and TEMPORAL_API_KEY and that the server runs; in a checkout "npm run demo -- --keep" starts one. On the host itself "fdts-ops recover" works without a server.',
      cause,
    });
  }
}

function givenSettings(environment: NodeJS.ProcessEnv): ReturnType<typeof loadClientConnectConfig> {
  const set = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  try {
    return loadClientConnectConfig({ overrideEnvVars: Object.fromEntries(set) });
  } catch (cause) {
    throw new CliError('usage', {
      code: 'BAD_CONNECTION_SETTINGS',
      message: `the Temporal connection settings cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Correct or unset the TEMPORAL_* variables and the Temporal configuration file.',
      cause,
    });
  }
}
