import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { errorCode } from '../error-code.ts';

/** What a port did when it was dialled: `refused` means that the host is there, `silent` that nothing came back. */
export type Dialled = 'open' | 'refused' | 'silent';

/** Also from which address of this machine it was dialled; null: no connection came about. */
export type DialledFrom = { readonly answer: Dialled; readonly from: string | null };

/** Every address of a name, IPv4 and IPv6; an address is its own. Empty when the name is not known. */
export const addressesOf = async (name: string): Promise<readonly string[]> => {
  const found = await lookup(name, { all: true }).catch(() => []);
  return [...new Set(found.map(({ address }) => address))];
};

/** Dials one TCP port; nothing is sent. */
export const dial = async (
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Dialled> => (await dialFrom(host, port, timeoutMs, signal)).answer;

/** As `dial`, and says where it dialled from. */
export const dialFrom = (
  host: string,
  port: number,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<DialledFrom> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const timer = setTimeout(() => end('silent'), timeoutMs);
    const end = (answer: Dialled): void => {
      clearTimeout(timer);
      // A socket that is destroyed has no address any more.
      const from = answer === 'open' ? (socket.localAddress ?? null) : null;
      socket.destroy();
      resolve({ answer, from });
    };
    const onAbort = (): void => end('silent');
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => end('open'));
    socket.once('error', (error) => end(errorCode(error) === 'ECONNREFUSED' ? 'refused' : 'silent'));
    socket.once('close', () => signal?.removeEventListener('abort', onAbort));
  });
