import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { timeLimit } from '../time-limit.ts';
import { OWN_USER_AGENT } from './send-request.ts';

/** Where the time of one request went, each counted from its start, in milliseconds. */
export type RequestTimes = {
  readonly dns: number;
  readonly connect: number;
  readonly firstByte: number;
  readonly total: number;
  /** null: no complete answer. */
  readonly status: number | null;
};

/** How many requests, and how long one may take. */
export type RequestSeries = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly count: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onRequest?: (done: number) => void;
};

/** Sends requests one after the other, each on a connection of its own, and says where their time went. A failed one is a result. */
export const timeRequests = async (series: RequestSeries): Promise<readonly RequestTimes[]> => {
  const times: RequestTimes[] = [];
  for (let done = 0; done < series.count; done += 1) {
    series.signal.throwIfAborted();
    times.push(await timeOne(series));
    series.onRequest?.(done + 1);
  }
  return times;
};

const timeOne = ({ url, headers, timeoutMs, signal }: RequestSeries): Promise<RequestTimes> =>
  new Promise((resolve) => {
    const started = performance.now();
    const since = (): number => performance.now() - started;
    // An address that is a number is not looked up: no event, no time.
    const at = { dns: 0, connect: 0, firstByte: 0 };
    let status: number | null = null;
    const settle = (): void => resolve({ ...at, total: since(), status });
    const send = url.startsWith('https:') ? httpsRequest : httpRequest;
    const request = send(url, {
      agent: false,
      headers: { ...headers, connection: 'close', 'user-agent': OWN_USER_AGENT },
      signal: AbortSignal.any([signal, timeLimit(timeoutMs)]),
    });
    request.on('socket', (socket) => {
      socket.once('lookup', () => {
        at.dns = since();
      });
      socket.once(url.startsWith('https:') ? 'secureConnect' : 'connect', () => {
        at.connect = since();
      });
    });
    request.on('response', (response) => {
      at.firstByte = since();
      response.on('end', () => {
        status = response.complete ? (response.statusCode ?? null) : null;
        settle();
      });
      response.on('error', settle);
      response.resume();
    });
    request.on('error', settle);
    request.end();
  });
