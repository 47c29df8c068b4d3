import { readFileSync } from 'node:fs';
import {
  type ClientConfigProfile,
  type ClientConfigTLS,
  type ConfigDataSource,
  clientConfigToToml,
} from '@temporalio/envconfig';
import type { SandboxHost } from '../sandbox/host.ts';

/** Where a worker on a host finds its Temporal server, and how it may come in. */
export interface ServerForHosts {
  readonly address: string;
  readonly namespace: string;
  /** A Temporal configuration file with TLS and key; without it there is neither. */
  readonly settings?: Uint8Array;
}

const environmentFile = '/etc/fdts-ops/host.env';
const settingsFile = '/etc/fdts-ops/temporal.toml';

/**
 * What a worker on another machine has to know of a given server beside its address: TLS, key and metadata, with the
 * contents of the files that are named. Undefined when there is none. `throughRelay`: the name that the server's
 * certificate is for, when the worker reaches it at another address.
 */
export function settingsForHosts(
  profile: ClientConfigProfile | undefined,
  throughRelay?: string,
): Uint8Array | undefined {
  const { apiKey, tls, grpcMeta = {} } = profile ?? {};
  const usesTls = tls?.disabled === true ? false : tls !== undefined || apiKey !== undefined;
  const hasMeta = Object.keys(grpcMeta).length > 0;
  if (!usesTls && apiKey === undefined && !hasMeta) return undefined;
  const carried = {
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(hasMeta ? { grpcMeta } : {}),
    tls: usesTls ? withContents(tls ?? {}, throughRelay) : { disabled: true },
  };
  return clientConfigToToml({ profiles: { default: carried } });
}

/** Tells a host's worker, and whoever types `fdts-ops` there as root; nobody else may read it. */
export async function writeServerForHosts(
  host: Pick<SandboxHost, 'exec' | 'writeFile'>,
  { address, namespace, settings }: ServerForHosts,
): Promise<void> {
  const secret = { mode: '640', owner: 'root:fdts-ops' };
  const lines = [`TEMPORAL_ADDRESS=${address}`, `TEMPORAL_NAMESPACE=${namespace}`];
  if (settings === undefined) await host.exec(['rm', '-f', settingsFile]);
  else {
    await host.writeFile(settingsFile, settings, secret);
    lines.push(`TEMPORAL_CONFIG_FILE=${settingsFile}`);
  }
  await host.writeFile(environmentFile, `${lines.join('\n')}\n`, secret);
}

function withContents(tls: ClientConfigTLS, throughRelay: string | undefined): ClientConfigTLS {
  const { clientCert, clientKey, serverCACert, serverName = throughRelay } = tls;
  return {
    ...(serverName === undefined ? {} : { serverName }),
    ...(clientCert === undefined ? {} : { clientCert: contents(clientCert) }),
    ...(clientKey === undefined ? {} : { clientKey: contents(clientKey) }),
    ...(serverCACert === undefined ? {} : { serverCACert: contents(serverCACert) }),
  };
}

function contents(source: ConfigDataSource): ConfigDataSource {
  return 'path' in source ? { data: readFileSync(source.path) } : source;
}
