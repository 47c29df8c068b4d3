import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { describe, expect, it } from 'vitest';
import { settingsForHosts, writeServerForHosts } from '../../../setup/server-for-hosts.ts';
import { givenTemporal } from '../../../setup/temporal-given.ts';

const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-tls-'));
const noFile = '/nonexistent/temporal.toml';
const secretFile = { mode: '640', owner: 'root:fdts-ops' };

describe('a server that is given, as a worker on a host is told of it', () => {
  it('brings its certificates and its key, which nobody else may read there', async () => {
    const given = givenServer({
      TEMPORAL_API_KEY: 'key with "quotes"',
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: fileWith('authority'),
      TEMPORAL_TLS_CLIENT_CERT_PATH: fileWith('certificate'),
      TEMPORAL_TLS_CLIENT_KEY_PATH: fileWith('-----BEGIN\nprivate\n'),
      TEMPORAL_TLS_SERVER_NAME: 'temporal.example',
    });
    const host = await told(given);
    expect(host.environment).toEqual({
      TEMPORAL_ADDRESS: 'ops.example:7233',
      TEMPORAL_NAMESPACE: 'prod',
      TEMPORAL_CONFIG_FILE: '/etc/fdts-ops/temporal.toml',
    });
    expect(host.ownership('/etc/fdts-ops/temporal.toml')).toEqual(secretFile);
    expect(host.ownership('/etc/fdts-ops/host.env')).toEqual(secretFile);
    expect(host.connectionOptions()).toMatchObject({
      apiKey: 'key with "quotes"',
      tls: given.connectionOptions.tls,
    });
  });

  it('brings a profile of a configuration file, with its metadata', async () => {
    const file = fileWith(
      '[profile.ops]\naddress = "ops.example:7233"\nnamespace = "prod"\n[profile.ops.tls]\nserver_name = "t"\n[profile.ops.grpc_meta]\nx-team-of-day = "night"\n',
    );
    const given = givenServer({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'ops' });
    expect((await told(given)).connectionOptions()).toMatchObject({
      tls: { serverNameOverride: 't' },
      metadata: { 'x-team-of-day': 'night' },
    });
  });

  it('with a key alone is reached with TLS, as it is from here', async () => {
    const { tls } = (await told(givenServer({ TEMPORAL_API_KEY: 'k' }))).connectionOptions();
    expect(tls).toBeTruthy();
  });

  it('behind a relay is known by the name that its certificate is for', () => {
    const { profile } = givenServer({ TEMPORAL_TLS: 'true' });
    const toml = settingsForHosts(profile, 'localhost');
    expect(readBack(toml)).toMatchObject({ tls: { serverNameOverride: 'localhost' } });
  });

  it('without TLS and key leaves no file there, not that of an earlier server either', async () => {
    const host = await told(givenServer({}));
    expect(host.environment).toEqual({
      TEMPORAL_ADDRESS: 'ops.example:7233',
      TEMPORAL_NAMESPACE: 'prod',
    });
    expect(host.commands).toEqual([['rm', '-f', '/etc/fdts-ops/temporal.toml']]);
    expect(settingsForHosts(undefined)).toBeUndefined();
    expect(settingsForHosts(givenServer({ TEMPORAL_TLS: 'false' }).profile)).toBeUndefined();
  });
});

function givenServer(environment: Record<string, string>) {
  const all = {
    TEMPORAL_CONFIG_FILE: noFile,
    TEMPORAL_ADDRESS: 'ops.example:7233',
    TEMPORAL_NAMESPACE: 'prod',
  };
  const given = givenTemporal({ ...all, ...environment });
  if (given === undefined) throw new Error('no server was read');
  return given;
}

/** What the host has afterwards. */
async function told(given: ReturnType<typeof givenServer>) {
  const files = new Map<string, { content: string; ownership: unknown }>();
  const commands: (readonly string[])[] = [];
  const host = {
    exec: (argv: readonly string[]) => {
      commands.push(argv);
      return Promise.resolve({ stdout: '', stderr: '', exitCode: 0 });
    },
    writeFile: (path: string, content: string | Uint8Array, ownership?: unknown) => {
      files.set(path, { content: Buffer.from(content).toString(), ownership });
      return Promise.resolve();
    },
  };
  const { address, namespace, profile } = given;
  const settings = settingsForHosts(profile);
  await writeServerForHosts(host, { address, namespace, ...(settings === undefined ? {} : { settings }) });
  const lines = files.get('/etc/fdts-ops/host.env')?.content.trim().split('\n') ?? [];
  return {
    commands,
    environment: Object.fromEntries(lines.map((line) => line.split('='))),
    ownership: (path: string) => files.get(path)?.ownership,
    connectionOptions: () => readBack(files.get('/etc/fdts-ops/temporal.toml')?.content),
  };
}

/** As the worker reads it. */
function readBack(toml: string | Uint8Array | undefined) {
  const configSource = { data: toml ?? '' };
  return loadClientConnectConfig({ configSource, overrideEnvVars: {} }).connectionOptions;
}

function fileWith(content: string): string {
  const file = join(folder, `${Buffer.from(content).toString('hex').slice(0, 20)}.pem`);
  writeFileSync(file, content);
  return file;
}
