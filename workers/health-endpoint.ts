import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { Worker } from '@temporalio/worker';

/**
 * `GET /healthz` on loopback: 200 while every worker of this process runs, else 503, with their states, the number of
 * this process (who asks may have started another one), and what its file was when it was read (`configuration`).
 */
export async function serveHealth(
  port: number,
  workers: Readonly<Record<string, Worker>>,
  file: string | null = null,
): Promise<Server> {
  const configuration = file === null ? null : await fileMark(file);
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
    response.end(JSON.stringify({ healthy, pid: process.pid, configuration, workers: states }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

/** The sha256 of a file as it is now: whether a worker goes by it is seen by comparing. */
export async function fileMark(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
