import { findSandboxHost, type SandboxHost, startSandboxHost } from '../sandbox/host.ts';
import { ensureNetwork } from '../sandbox/network.ts';
import { type ControlledHost, type ControlWorker, controlWorker } from './control-worker.ts';
import { ensureDockerEngine } from './docker-engine.ts';
import { dockerPrefix, hostName } from './docker-objects.ts';
import { installHostWorker } from './install-host-worker.ts';
import { checkoutRoot } from './instance.ts';
import { addressForHosts } from './relay.ts';
import { ensureSandboxBase } from './sandbox-base.ts';
import { say } from './say.ts';
import { type ServerForHosts, settingsForHosts } from './server-for-hosts.ts';
import { SetUpError } from './set-up-error.ts';
import { recallStarted } from './state.ts';
import { ensureTemporalServer, type TemporalServer } from './temporal-server.ts';

/** Everything that a window needs, running: server, host with its worker, control worker. */
export interface Environment {
  readonly server: TemporalServer;
  readonly host: SandboxHost;
  /** The control worker's process on this machine. */
  readonly control: ControlWorker;
  /** Whether the host was made by this call; else it may still be as an earlier run left it. */
  readonly isNewHost: boolean;
}

/** Starts what is not running yet. `useGiven` false: never a server that somebody gave. */
export async function bringUp(options: { readonly useGiven: boolean }): Promise<Environment> {
  await ensureDockerEngine();
  await ensureSandboxBase();
  const network = await ensureNetwork(dockerPrefix());
  const server = await ensureTemporalServer({ useGiven: options.useGiven });
  const { host, isNewHost } = await ensureHost(network.name);
  say(`FDTS: ${host.httpUrl} on sandbox host ${host.name}`);
  await installHostWorker(host, await serverForHosts(server, network.gateway), checkoutRoot);
  const control = controlWorker(server, await asControlled(host));
  await control.start();
  return { server, host, control, isNewHost };
}

/**
 * What an earlier `bringUp` of this instance left running, with a server of our own; nothing is installed or started
 * again, but for the server when somebody stopped it.
 */
export async function attachEnvironment(): Promise<Environment> {
  const host = await findSandboxHost(hostName()).catch(() => undefined);
  if (host === undefined || recallStarted('process', 'temporal') === undefined) {
    throw new SetUpError({
      what: 'Nothing of this instance runs that could be used.',
      got: `${host === undefined ? 'no' : 'a'} sandbox host ${hostName()}, ${recallStarted('process', 'temporal') === undefined ? 'no' : 'a'} record of a Temporal server`,
      expected: 'both, from an earlier start',
      next: 'npm run demo -- --keep starts them; system tests get theirs from test/system/global-setup.ts',
    });
  }
  const server = await ensureTemporalServer({ useGiven: false });
  return { server, host, control: controlWorker(server, await asControlled(host)), isNewHost: false };
}

async function serverForHosts(server: TemporalServer, gateway: string): Promise<ServerForHosts> {
  const address = await addressForHosts(gateway, server.address);
  const name = server.address.replace(/:\d+$/, '');
  const settings = settingsForHosts(server.profile, address === server.address ? undefined : name);
  return { address, namespace: server.namespace, ...(settings === undefined ? {} : { settings }) };
}

async function ensureHost(network: string): Promise<{ host: SandboxHost; isNewHost: boolean }> {
  const there = await findSandboxHost(hostName()).catch(() => null);
  if (there === null)
    return { host: await startSandboxHost({ name: hostName(), network, say }), isNewHost: true };
  // It may have been ended with the machine; whether FDTS serves on it is for the caller, who knows what was done to it.
  await there.powerOn();
  return { host: there, isNewHost: false };
}

/** The sandbox, seen from outside: through its published port, and at its own address. */
export async function asControlled(host: SandboxHost): Promise<ControlledHost> {
  return {
    name: 'sandbox',
    publicUrl: `${host.httpUrl}/api/health`,
    addresses: await host.address().then(
      (address) => [address],
      // It is off: an address of before would prove nothing.
      () => [],
    ),
  };
}
