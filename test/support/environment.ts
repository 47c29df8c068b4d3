import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { attachEnvironment, type Environment } from '../../setup/bring-up.ts';
import { instanceId } from '../../setup/instance.ts';
import { freeHost } from './free-host.ts';

/** The running environment, and a client of its server. */
export interface TestEnvironment extends Environment {
  readonly client: Client;
}

let attached: Promise<TestEnvironment> | undefined;

/**
 * The environment that the global set-up brought up for all system tests: the server can be killed and started
 * (`server`), so can the control worker (`control`), the host can be rebooted (`host`). The same one for every call.
 */
export function environment(): Promise<TestEnvironment> {
  attached ??= attach();
  return attached;
}

async function attach(): Promise<TestEnvironment> {
  const { instance, address, namespace } = inject('environment');
  if (instance !== instanceId())
    throw new Error(
      `tests: got instance ${instanceId()}, expected ${instance}, which the global set-up brought up`,
    );
  const connection = await Connection.connect({ address });
  const client = new Client({ connection, namespace });
  const running = await attachEnvironment();
  await freeHost(running.host, client);
  return { ...running, client };
}
