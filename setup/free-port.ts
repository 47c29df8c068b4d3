import { createServer } from 'node:net';
import { reasonOf } from './reason-of.ts';
import { SetUpError } from './set-up-error.ts';

/** A TCP port that is free on this address now: the preferred one, else any. */
export async function freePort(address: string, preferred: number): Promise<number> {
  const first = await tryPort(address, preferred);
  if (first.port !== undefined) return first.port;
  const any = await tryPort(address, 0);
  if (any.port !== undefined) return any.port;
  throw new SetUpError({
    what: `No TCP port can be opened on ${address}.`,
    got: any.problem,
    expected: 'an address of this machine (e.g. 127.0.0.1, or the gateway of a Docker network that exists)',
    next: 'look at the addresses with: ip -brief address',
  });
}

function tryPort(host: string, port: number): Promise<{ port?: number; problem: string }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve({ problem: reasonOf(error) }));
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address ? address.port : port;
      server.close(() => resolve({ port: got, problem: '' }));
    });
  });
}
