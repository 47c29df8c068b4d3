import { join } from 'node:path';
import { waitUntil } from '../sandbox/wait-until.ts';
import { startDetached } from './detached-process.ts';
import { freePort } from './free-port.ts';
import { checkoutRoot, stateFolder } from './instance.ts';
import { isRunning } from './process-identity.ts';
import { recallStarted, rememberStarted } from './state.ts';

/**
 * Where hosts on a Docker network reach a server that listens on this machine's loopback: a development server cannot
 * listen on one other address alone (its own services look for each other on loopback), and all addresses would open
 * it to the network. A server elsewhere is reached as it is.
 */
export async function addressForHosts(gateway: string, serverAddress: string): Promise<string> {
  const [host = '', port = '7233'] = serverAddress.split(/:(?=\d+$)/);
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) return serverAddress;
  const running = recallStarted('process', 'relay');
  const listenPort = running?.settings['listenPort'];
  if (running !== undefined && listenPort !== undefined && running.settings['target'] === serverAddress) {
    if (isRunning(running.identity)) return `${gateway}:${listenPort}`;
  }
  return startRelay(gateway, await freePort(gateway, 7233), host, port);
}

async function startRelay(gateway: string, listenPort: number, host: string, port: string): Promise<string> {
  const logFile = join(stateFolder(), 'relay.log');
  const identity = startDetached({
    command: process.execPath,
    args: [
      '--import',
      'tsx',
      join(checkoutRoot, 'setup/relay-main.ts'),
      gateway,
      String(listenPort),
      host,
      port,
    ],
    logFile,
  });
  rememberStarted('process', 'relay', {
    what: 'the relay from the sandbox network to the Temporal server',
    identity,
    logFile,
    settings: { listenPort: String(listenPort), target: `${host}:${port}` },
  });
  await waitUntil(
    'the relay listens',
    async () => (await freePort(gateway, listenPort)) !== listenPort,
    15_000,
  );
  return `${gateway}:${listenPort}`;
}
