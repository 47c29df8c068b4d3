import { createServer } from 'node:http';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { timeRequests } from '../../../activities/adapters/app/time-requests.ts';
import { portConnections } from '../../../activities/adapters/machine/tcp-connections.ts';
import { closedOrigin } from './start-small-app.ts';

const signal = new AbortController().signal;

/** A server that waits before the head of its answer, and again before its end. */
async function startSlow(
  waitMs: number,
  status = 200,
): Promise<{ url: string; port: number; seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(String(request.headers['user-agent']));
    setTimeout(() => {
      response.writeHead(status);
      response.write('first');
      setTimeout(() => response.end('last'), waitMs);
    }, waitMs);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://localhost:${port}/`, port, seen };
}

it('an address where nothing listens, and one that does not answer in time, are results without a status', async () => {
  const closed = await timeRequests({ url: await closedOrigin(), count: 2, timeoutMs: 1000, signal });
  expect(closed.map(({ status }) => status)).toEqual([null, null]);
  const { url } = await startSlow(2000);
  const [late] = await timeRequests({ url, count: 1, timeoutMs: 100, signal });
  expect(late).toMatchObject({ status: null });
});

it('the parts of a request are counted from its start, and the log can tell it from one of a user', async () => {
  const { url, seen } = await startSlow(400, 503);
  const times = await timeRequests({ url, count: 3, timeoutMs: 5000, signal });
  for (const { dns, connect: connected, firstByte, total, status } of times) {
    expect(status).toBe(503);
    expect([dns, connected, firstByte, total]).toEqual(
      [dns, connected, firstByte, total].sort((a, b) => a - b),
    );
    expect(firstByte).toBeGreaterThan(390);
    // The answer's head may be seen late on a busy machine, its end never early.
    expect(total - firstByte).toBeGreaterThan(50);
  }
  expect(seen).toEqual(['fdts-ops', 'fdts-ops', 'fdts-ops']);
});

it('stops when it is told to', async () => {
  const stop = new AbortController();
  const { url } = await startSlow(10_000);
  const waiting = timeRequests({ url, count: 5, timeoutMs: 20_000, signal: stop.signal });
  stop.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
});

it('counts the connections at a port by state, and not those of a port that begins the same', async () => {
  const { port } = await startSlow(1);
  expect(await portConnections(process.pid, port)).toEqual({ listening: true, byState: {}, total: 0 });
  const client = connect(port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  await new Promise((resolve) => client.once('connect', resolve));
  expect(await portConnections(process.pid, port)).toEqual({
    listening: true,
    byState: { ESTABLISHED: 1 },
    total: 1,
  });
  expect(await portConnections(process.pid, Math.floor(port / 10))).toMatchObject({ listening: false });
  await expect(portConnections(999_999_999, port)).rejects.toMatchObject({ code: 'CONNECTIONS_UNREADABLE' });
});
