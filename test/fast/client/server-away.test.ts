import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localServer } from '../../../client/server/local-server.ts';
import { ensureTemporalServer, type TemporalServer } from '../../../setup/temporal-server.ts';
import { cli, liveCli } from './cli.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'fdts-ops-away-'));
let server: TemporalServer;

beforeAll(async () => {
  process.env['XDG_STATE_HOME'] = folder;
  server = await ensureTemporalServer({ useGiven: false });
});
afterAll(async () => {
  await server.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** As a shell in this checkout has it: no address is given. */
function plainShell(): NodeJS.ProcessEnv {
  return { ...process.env, TEMPORAL_ADDRESS: undefined, TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml' };
}

it('the server that set-up started is found without any setting', async () => {
  expect(localServer(plainShell())).toEqual({ address: server.address, uiUrl: server.uiUrl });
  expect(await cli(plainShell(), 'runs', '--json')).toMatchObject({
    code: 0,
    json: { runs: [], links: { all: expect.stringContaining(server.uiUrl ?? '-') } },
  });
});

it('watch survives a server that is away for a while, and tells of a run that was ended from outside', async () => {
  await cli(plainShell(), 'start', 'dailyHealthCheck', '--id', 'watched');
  const watching = liveCli(plainShell(), 'watch', 'watched');
  await expect.poll(() => watching.written.out, { timeout: 20_000 }).toContain('no control worker answers');
  await server.kill();
  await expect
    .poll(() => watching.written.out, { timeout: 20_000 })
    .toContain('the Temporal server does not answer');
  await server.start();
  await expect.poll(() => watching.written.out, { timeout: 30_000 }).toContain('the Temporal server is back');
  const connection = await Connection.connect({ address: server.address });
  await new Client({ connection }).workflow.getHandle('watched').terminate('by the test');
  await connection.close();
  expect(await watching.done).toBe(1);
  expect(watching.written.out).toContain('ended from outside (terminated)');
}, 90_000);
