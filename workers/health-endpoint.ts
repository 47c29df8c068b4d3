import { createServer, type Server } from 'node:http';
import type { Worker } from '@temporalio/worker';

/**
 * `GET /healthz` on loopback: 200 while every worker of this process runs, else 503, with their states and the number of
 * this process: who asks may have started another one.
 */
export async function serveHealth(port: number, workers: Readonly<Record<string, Worker>>): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/healthz') {
      response.writeHead(404).end();
      return;
    }
    const states = Object.fromEntries(
      Object.entries(workers).map(([role, worker]) => [role, worker.getState()]),
    );
    const healthy = Object.values(states).every((state) => state === 'RUNNING');
    response.writeHead(healthy ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ healthy, pid: process.pid, workers: states }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}
