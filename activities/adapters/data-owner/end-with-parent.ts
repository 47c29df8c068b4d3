import { Worker } from 'node:worker_threads';

/**
 * Ends this process the moment its stdin ends, which happens when the parent dies in whatever way.
 * A thread of its own watches, since VACUUM and integrity_check block the main one for seconds, and a child that
 * outlives a killed worker could swap a database under the next attempt.
 */
export function endWithParent(): void {
  new Worker(watchStdin, { eval: true }).unref();
}

/** Plain JavaScript in a string: a worker thread does not load TypeScript when tests run the child from source. */
const watchStdin = `
  const { Socket } = require('node:net');
  const stdin = new Socket({ fd: 0, readable: true, writable: false });
  stdin.on('data', () => {});
  stdin.on('error', () => {});
  stdin.on('close', () => process.kill(process.pid, 'SIGKILL'));
`;
