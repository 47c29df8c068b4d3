import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { AppClientOptions } from '../../../activities/adapters/app/app-client.ts';

/** How a small real app behaves; may be changed while it runs. */
export type SmallApp = {
  options: AppClientOptions;
  isHealthy: boolean;
  isSilent: boolean;
  corruptsDownloads: boolean;
  readonly files: Map<string, Buffer>;
  readonly names: string[];
  /** The Connection header of each request. */
  readonly connections: (string | undefined)[];
};

/** The password that the small app accepts. */
export const smallAppPassword = 'correct horse "battery"';

/** Starts an HTTP server with health, login, upload, download and delete on a free port, closed at the end of the test. */
export async function startSmallApp(): Promise<SmallApp> {
  const server = createServer((request, response) => {
    void answer(app, request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${portOf(server.address())}`;
  const app: SmallApp = {
    options: optionsFor(origin),
    isHealthy: true,
    isSilent: false,
    corruptsDownloads: false,
    files: new Map(),
    names: [],
    connections: [],
  };
  return app;
}

/** An address of this machine where nothing listens: a port that was free a moment ago. */
export async function closedOrigin(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const port = portOf(server.address());
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

function optionsFor(origin: string): AppClientOptions {
  return {
    healthUrl: `${origin}/health`,
    versionField: 'app.version',
    proxyUrl: `${origin}/health`,
    login: {
      url: `${origin}/login`,
      method: 'POST',
      headers: {},
      encoding: 'json',
      body: { username: 'smoke', password: '{password}' },
      passwordEnv: 'FDTS_OPS_TEST_PASSWORD',
      tokenField: 'data.token',
      tokenCookie: null,
      tokenHeader: 'Authorization',
      tokenFormat: 'Bearer {token}',
    },
    upload: {
      url: `${origin}/files`,
      method: 'POST',
      field: 'file',
      idField: 'file.id',
      downloadUrl: `${origin}/files/{id}`,
      deleteUrl: `${origin}/files/{id}`,
      deleteMethod: 'DELETE',
    },
    timeoutMs: 2000,
  };
}

async function answer(app: SmallApp, request: IncomingMessage, response: ServerResponse): Promise<void> {
  app.connections.push(request.headers.connection);
  if (app.isSilent) return;
  const body = await buffer(request);
  const send = (status: number, value: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  if (request.url === '/health') return send(app.isHealthy ? 200 : 503, { app: { version: '2.1.0' } });
  if (request.url === '/moved') return void response.writeHead(302, { location: '/login' }).end();
  if (request.url === '/login') {
    const isRight = body.toString() === JSON.stringify({ username: 'smoke', password: smallAppPassword });
    return send(
      isRight ? 200 : 401,
      isRight ? { data: { token: 'tell-nobody' } } : { error: body.toString() },
    );
  }
  if (request.url === '/session') {
    const form = new URLSearchParams(body.toString());
    const isRight = form.get('username') === 'smoke' && form.get('password') === smallAppPassword;
    return send(isRight ? 201 : 401, isRight ? { data: { token: 'tell-nobody' } } : {});
  }
  if (request.url === '/sign-in') {
    const cookies = ['theme=dark; Path=/', 'sid=tell-nobody; HttpOnly; Path=/'];
    return void response.writeHead(303, { location: '/', 'set-cookie': cookies }).end();
  }
  if (!isSignedIn(request)) return send(401, {});
  return answerFiles(app, request, response, body, send);
}

function isSignedIn({ headers }: IncomingMessage): boolean {
  const shown = [headers.authorization, headers['x-session'], headers.cookie];
  return ['Bearer tell-nobody', 'v1 tell-nobody', 'sid=tell-nobody'].some((token) => shown.includes(token));
}

function answerFiles(
  app: SmallApp,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  send: (status: number, value: unknown) => void,
): void {
  if (request.url === '/files') {
    const start = body.indexOf('\r\n\r\n') + 4;
    app.names.push(/filename="([^"]+)"/.exec(body.toString('latin1'))?.[1] ?? '');
    app.files.set('a/1', body.subarray(start, body.lastIndexOf('\r\n--')));
    return send(201, { file: { id: 'a/1' } });
  }
  const id = decodeURIComponent(request.url?.split('/')[2] ?? '');
  const file = app.files.get(id);
  if (file === undefined) return send(404, {});
  if (request.method === 'DELETE' || request.url?.endsWith('/remove') === true) {
    app.files.delete(id);
    return send(200, {});
  }
  response.writeHead(200).end(app.corruptsDownloads ? file.subarray(1) : file);
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
