import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { makeCertificates } from './certificates.ts';

/** A server that is reached by TLS alone, and only with a certificate of its authority. */
export interface TlsFront {
  readonly address: string;
  /** The variables with which it is reached, as README and Temporal's documentation name them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

/** Stands before a Temporal server, as the proxy of a site or Temporal Cloud does: the development server has no TLS. */
export async function tlsFront(server: string): Promise<TlsFront> {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-tls-'));
  const at = (name: string) => join(folder, name);
  await makeCertificates(folder);
  const [host = '', port = ''] = server.split(':');
  const read = (name: string) => readFileSync(at(name));
  const front = createServer(
    {
      key: read('server.key'),
      cert: read('server.crt'),
      ca: read('ca.crt'),
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
    },
    (outside) => {
      const inside = connect(Number(port), host);
      outside.pipe(inside).pipe(outside);
      const close = () => void [outside.destroy(), inside.destroy()];
      for (const socket of [outside, inside]) socket.on('error', close).on('close', close);
    },
  );
  front.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const listening = front.address();
  if (listening === null || typeof listening === 'string') throw new Error('the front does not listen');
  const address = `127.0.0.1:${listening.port}`;
  return {
    address,
    environment: {
      TEMPORAL_ADDRESS: address,
      TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: at('ca.crt'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
      TEMPORAL_TLS_CLIENT_CERT_PATH: at('client.crt'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: at('client.key'),
    },
    end: async () => {
      front.close();
      await rm(folder, { recursive: true });
    },
  };
}
