import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { timeLimit } from '../time-limit.ts';
import { OWN_USER_AGENT } from './send-request.ts';

/** What an address answered, and from which address of this machine it was asked. */
export type AskedFrom = { readonly status: number; readonly from: string | null };

/**
 * Asks an address on a connection of its own; no redirect is followed. null: no answer. A `fetch` would not say where it
 * asked from.
 */
export const askFrom = (url: string, timeoutMs: number, signal: AbortSignal): Promise<AskedFrom | null> =>
  new Promise((resolve) => {
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, {
      agent: false,
      headers: { connection: 'close', 'user-agent': OWN_USER_AGENT },
      signal: AbortSignal.any([signal, timeLimit(timeoutMs)]),
    });
    request.on('response', (response) => {
      resolve({ status: response.statusCode ?? 0, from: response.socket.localAddress ?? null });
      response.destroy();
    });
    request.on('error', () => resolve(null));
    request.end();
  });
