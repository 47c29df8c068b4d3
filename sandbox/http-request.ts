import { type OutgoingHttpHeaders, request as startRequest } from 'node:http';

/** One HTTP call; `timeoutMs` (default 5000) covers it from the first byte to the last. */
export interface HttpCall {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
}

/** What was answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

/**
 * Calls a URL on a connection of its own, so that none from before a reboot is used again; rejects when no whole answer
 * came in time.
 */
export function httpRequest(url: string, call: HttpCall = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, body, timeoutMs = 5000 } = call;
  return new Promise((resolve, reject) => {
    const request = startRequest(url, { method, agent: false, headers: { ...headers, connection: 'close' } });
    const timer = setTimeout(() => fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    request.once('error', fail);
    request.once('close', () => fail(new Error('the connection was closed before the answer')));
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', fail);
      response.once('end', () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    request.end(body);

    function fail(error: Error): void {
      clearTimeout(timer);
      reject(new Error(`${method} ${url}: ${error.message}`, { cause: error }));
      request.destroy();
    }
  });
}

/** The status that a URL answers; undefined when nothing answers within `timeoutMs`. */
export async function httpStatus(url: string, timeoutMs: number): Promise<number | undefined> {
  return httpRequest(url, { timeoutMs }).then(
    ({ status }) => status,
    () => undefined,
  );
}
