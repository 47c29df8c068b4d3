import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, createSecureServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from './certificates.ts';

const UNAUTHENTICATED = '16';

/** A server that is reached by TLS, and does what it is asked only with an API key. */
export interface KeyedFront {
  /** The variables with which it is reached, but for TEMPORAL_API_KEY. */
  readonly environment: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

/** Stands before a Temporal server as Temporal Cloud does: the development server asks for no key. */
export async function keyedFront(server: string, apiKey: string): Promise<KeyedFront> {
  const folder = await mkdtemp(join(tmpdir(), 'fdts-ops-key-'));
  const at = (name: string) => join(folder, name);
  await makeCertificates(folder);
  const front = createSecureServer({
    key: await readFile(at('server.key')),
    cert: await readFile(at('server.crt')),
  });
  front.on('stream', (stream, headers) => {
    if (headers.authorization === `Bearer ${apiKey}`) pass(stream, headers);
    else
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': UNAUTHENTICATED },
        { endStream: true },
      );
  });
  front.on('sessionError', () => undefined);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const listening = front.address();
  if (listening === null || typeof listening === 'string') throw new Error('the front does not listen');
  return {
    environment: {
      TEMPORAL_ADDRESS: `127.0.0.1:${listening.port}`,
      TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: at('ca.crt'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
    },
    end: async () => {
      front.close();
      await rm(folder, { recursive: true });
    },
  };

  function pass(outer: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const inside = connect(`http://${server}`).on('error', () => outer.close());
    const { ':method': method, ':path': path, 'content-type': type } = headers;
    const inner = inside.request({ ':method': method, ':path': path, 'content-type': type, te: 'trailers' });
    outer.pipe(inner);
    let trailers: IncomingHttpHeaders = {};
    inner.on('trailers', (came) => (trailers = came));
    inner.on('response', (came, flags) => {
      // An answer that has no body has its status among its first headers.
      const isWhole = (flags & END_STREAM) !== 0;
      outer.respond(came, isWhole ? { endStream: true } : { waitForTrailers: true });
      if (!isWhole) inner.pipe(outer);
    });
    outer.on('wantTrailers', () => outer.sendTrailers(trailers));
    for (const stream of [inner, outer]) stream.on('error', () => inside.destroy());
    outer.on('close', () => inside.destroy());
  }
}

const END_STREAM = 0x1;
