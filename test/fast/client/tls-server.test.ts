import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../../sandbox/free-port.ts';
import { httpStatus } from '../../../sandbox/http-request.ts';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { writeConfigFile } from '../config/write-config-file.ts';
import { cli } from './cli.ts';
import { type TlsFront, tlsFront } from './support/tls-front.ts';

const root = path.resolve(import.meta.dirname, '../../..');
let world: TemporalWorld;
let front: TlsFront;

beforeAll(async () => {
  world = await startTemporalWorld();
  front = await tlsFront(world.env.address);
});
afterAll(async () => {
  await front.end();
  await world.end();
});

it.each([
  ['without TLS', ['SERVER_CA_CERT_PATH', 'SERVER_NAME', 'CLIENT_CERT_PATH', 'CLIENT_KEY_PATH']],
  ['without its authority', ['SERVER_CA_CERT_PATH']],
  ['without a certificate of our own', ['CLIENT_CERT_PATH', 'CLIENT_KEY_PATH']],
])('a server with TLS, asked %s, is not reached, and it is said what to look at', async (_how, left) => {
  const names = new Set(left.map((name) => `TEMPORAL_TLS_${name}`));
  const environment = Object.fromEntries(
    Object.entries(front.environment).filter(([name]) => !names.has(name)),
  );
  const run = await cli(environment, 'runs', '--json');
  expect(run).toMatchObject({ code: 3, json: { error: { code: 'SERVER_UNREACHABLE' } } });
  expect(run.out).toContain('TEMPORAL_TLS');
});

it('the command line and a worker reach a server with TLS, as the variables say', async () => {
  expect(await cli(front.environment, 'runs', '--json')).toMatchObject({ code: 0, json: { runs: [] } });
  const port = await freePort();
  const config = await writeConfigFile(
    'hosts: [{name: web-1, timezone: Europe/Paris, watch: {enabled: false}}]\n',
  );
  const role = ['worker', '--role', 'control', '--control-config', config, '--health-port', String(port)];
  const worker = execa(process.execPath, ['--import', 'tsx', 'bin/fdts-ops.ts', ...role], {
    cwd: root,
    env: front.environment,
    reject: false,
  });
  await expect
    .poll(() => httpStatus(`http://127.0.0.1:${port}/healthz`, 1000), { timeout: 60_000 })
    .toBe(200);
  worker.kill('SIGTERM');
  expect((await worker).exitCode).toBe(0);
}, 90_000);
