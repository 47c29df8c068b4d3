import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { identifyProcess, type ProcessIdentity } from '../../../setup/process-identity.ts';
import { takesWork } from '../../../setup/takes-work.ts';

test('a worker that ended because its port was taken is not taken for the one that answers there', async () => {
  const worker = spawn('sleep', ['1']);
  const { pid } = process;
  expect(await takesWork(identityOf(worker.pid), await healthOf(pid), 'worker.log')).toBe(false);
});

test('a worker takes work once it says so itself', async () => {
  const own = identityOf(process.pid);
  expect(await takesWork(own, await healthOf(own.pid), 'worker.log')).toBe(true);
});

function identityOf(pid: number | undefined): ProcessIdentity {
  const identity = pid === undefined ? undefined : identifyProcess(pid);
  if (identity === undefined) throw new Error('the process ended at once');
  return identity;
}

/** An endpoint at which the worker of this number takes work. */
async function healthOf(pid: number): Promise<string> {
  const server = createServer((_request, response) => response.end(JSON.stringify({ healthy: true, pid })));
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}/healthz`;
}
