import { Connection, type ConnectionOptions } from '@temporalio/client';
import { type ClientConfigProfile, loadClientConfigProfile, toClientOptions } from '@temporalio/envconfig';
import { reasonOf } from './reason-of.ts';
import { SetUpError } from './set-up-error.ts';
import { ensureSearchAttributes } from './temporal-search-attributes.ts';

/** A Temporal server that somebody else runs. */
export interface GivenTemporal {
  readonly address: string;
  readonly namespace: string;
  readonly connectionOptions: ConnectionOptions;
  /** As it was given: with the TLS settings and the key, if any. */
  readonly profile: ClientConfigProfile;
}

/** The server named by TEMPORAL_ADDRESS or by a profile of the Temporal configuration file, or undefined. */
export function givenTemporal(environment: NodeJS.ProcessEnv = process.env): GivenTemporal | undefined {
  const { profile, connectionOptions } = load(environment);
  const { address, namespace = 'default' } = profile;
  if (!address) return undefined;
  return { address, namespace, connectionOptions, profile };
}

/** Checks that the given server answers, has the namespace and knows the search attributes (registers missing ones). */
export async function checkGivenTemporal(given: Omit<GivenTemporal, 'profile'>): Promise<void> {
  const { address, namespace, connectionOptions } = given;
  let connection: Connection;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: '5s' });
  } catch (error) {
    throw new SetUpError({
      what: `The Temporal server that was given does not answer: ${address}.`,
      got: reasonOf(error),
      expected:
        'a Temporal server at that address, reached with the TLS and API key settings that were given',
      next: 'check TEMPORAL_ADDRESS, TEMPORAL_TLS*, TEMPORAL_API_KEY and TEMPORAL_PROFILE; or unset TEMPORAL_ADDRESS and a server is started here',
    });
  }
  try {
    await requireNamespace(connection, namespace);
    await ensureSearchAttributes(connection, namespace);
  } finally {
    await connection.close();
  }
}

function load(environment: NodeJS.ProcessEnv): Pick<GivenTemporal, 'profile' | 'connectionOptions'> {
  const overrideEnvVars = Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  try {
    const profile = loadClientConfigProfile({ overrideEnvVars });
    return { profile, connectionOptions: toClientOptions(profile).connectionOptions };
  } catch (error) {
    throw new SetUpError({
      what: 'The Temporal connection settings cannot be read.',
      got: reasonOf(error),
      expected:
        'TEMPORAL_* variables and a Temporal configuration file as documented for @temporalio/envconfig',
      next: 'correct them, or unset them and a server is started here',
    });
  }
}

async function requireNamespace(connection: Connection, namespace: string): Promise<void> {
  try {
    await connection.workflowService.describeNamespace({ namespace });
  } catch (error) {
    throw new SetUpError({
      what: `The given Temporal server does not let us use namespace ${namespace}.`,
      got: reasonOf(error),
      expected: 'a namespace that exists and that these credentials may use',
      next: `set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create --namespace ${namespace} --retention 30d`,
    });
  }
}
