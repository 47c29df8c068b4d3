import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseTemporalExecutable } from '../../../setup/temporal-executable.ts';
import { checkGivenTemporal, givenTemporal } from '../../../setup/temporal-given.ts';
import { ensureTemporalServer, type TemporalServer } from '../../../setup/temporal-server.ts';
import { fdtsHost, fdtsWaiting } from '../../../workflows/contracts/search-attributes.ts';

const folder = mkdtempSync(join(tmpdir(), 'fdts-ops-server-'));
const options = { dataFile: join(folder, 'temporal.db'), name: `temporal-${process.pid}`, useGiven: false };

describe('a Temporal server of our own', () => {
  let server: TemporalServer;
  beforeAll(async () => {
    process.env['XDG_STATE_HOME'] = folder;
    server = await ensureTemporalServer(options);
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  it('keeps runs, search attributes and its address through SIGKILL', async () => {
    const { address, pid } = server;
    await startRun(address, 'before-the-kill');
    await server.kill();
    expect(server.pid).toBeUndefined();
    await server.start();
    expect(server.pid).not.toBe(pid);
    expect(server.address).toBe(address);
    await expect
      .poll(() => visibleRuns(address, "FdtsHost = 'h1' AND FdtsWaiting = true"))
      .toEqual(['before-the-kill']);
  });

  it('is used again by the next command of the same instance', async () => {
    expect((await ensureTemporalServer(options)).pid).toBe(server.pid);
  });

  it('is not started on the same record with other settings', async () => {
    const other = { ...options, dataFile: join(folder, 'other.db') };
    await expect(ensureTemporalServer(other)).rejects.toThrow(
      /already runs with other settings[^]*next: +npm run demo:down/,
    );
  });

  it('leaves a port that is taken to its owner', async () => {
    const port = Number(server.address.split(':')[1]);
    const second = await ensureTemporalServer({
      dataFile: join(folder, 'b.db'),
      name: `b-${process.pid}`,
      port,
      useGiven: false,
    });
    try {
      expect(second.address).not.toBe(server.address);
    } finally {
      await second.kill();
    }
  });

  it('shows its web UI on loopback', async () => {
    expect(server.uiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const attributes = async () =>
      (await fetch(`${server.uiUrl}/api/v1/namespaces/default/search-attributes`)).text();
    await expect.poll(attributes).toContain('FdtsOutcome');
  });
});

describe('a Temporal server that is given', () => {
  it('is taken from TEMPORAL_ADDRESS, with its namespace', () => {
    expect(givenTemporal({ TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml' })).toBeUndefined();
    const environment = {
      TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml',
      TEMPORAL_ADDRESS: 'ops:7233',
      TEMPORAL_NAMESPACE: 'prod',
    };
    expect(givenTemporal(environment)).toMatchObject({ address: 'ops:7233', namespace: 'prod' });
  });

  it('and does not answer is refused with what to check', async () => {
    const given = givenTemporal({
      TEMPORAL_CONFIG_FILE: '/nonexistent/temporal.toml',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    if (!given) throw new Error('TEMPORAL_ADDRESS was not read');
    await expect(checkGivenTemporal(given)).rejects.toThrow(
      /does not answer: 127.0.0.1:1[^]*next: +check TEMPORAL_ADDRESS/,
    );
  });

  it('gets the search attributes that it lacks, and an unknown namespace is refused', async () => {
    const { path } = await chooseTemporalExecutable();
    const bare = await TestWorkflowEnvironment.createLocal({
      server: { executable: { type: 'existing-path', path } },
    });
    try {
      const given = {
        address: bare.address,
        namespace: 'default',
        connectionOptions: { address: bare.address },
      };
      await checkGivenTemporal(given);
      const { customAttributes } = await bare.connection.operatorService.listSearchAttributes({
        namespace: 'default',
      });
      expect(Object.keys(customAttributes)).toEqual(
        expect.arrayContaining(['FdtsProcedure', 'FdtsHost', 'FdtsOutcome', 'FdtsWaiting']),
      );
      await expect(checkGivenTemporal({ ...given, namespace: 'nowhere' })).rejects.toThrow(
        /namespace nowhere[^]*next: +set TEMPORAL_NAMESPACE/,
      );
    } finally {
      await bare.teardown();
    }
  });
});

async function startRun(address: string, workflowId: string): Promise<void> {
  const connection = await Connection.connect({ address });
  const typedSearchAttributes = [
    { key: fdtsHost, value: 'h1' },
    { key: fdtsWaiting, value: true },
  ];
  await new Client({ connection }).workflow.start('none', {
    workflowId,
    taskQueue: 'none',
    typedSearchAttributes,
  });
  await connection.close();
}

async function visibleRuns(address: string, query: string): Promise<string[]> {
  const connection = await Connection.connect({ address });
  const ids: string[] = [];
  for await (const run of new Client({ connection }).workflow.list({ query })) ids.push(run.workflowId);
  await connection.close();
  return ids;
}
