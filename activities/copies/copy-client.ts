import { type AppClient, createAppClient, moveUrls } from '../adapters/app/app-client.ts';
import { type CopyEntry, chooseServices } from '../adapters/project-copy/choose-services.ts';
import { addressIn } from '../adapters/project-copy/inspect-copy.ts';
import { type LoopbackPort, openLoopbackPort } from '../adapters/project-copy/loopback-port.ts';
import { liveServices } from '../adapters/project-copy/rewrite-model.ts';
import type { Host } from '../host.ts';
import type { LiveProject } from './copy-request.ts';

/** The smoke checks against a running copy; its ports on loopback are open until `close`. */
export type CopyClient = AppClient & { readonly hasProxy: boolean; close(): void };

/** Opens a port on loopback for each address of `checks` that the copy has, and asks there instead. */
export async function createCopyClient(
  { config, docker }: Pick<Host, 'config' | 'docker'>,
  copy: string,
  live: LiveProject,
): Promise<CopyClient> {
  const { entries } = chooseServices(liveServices(live.resolved), live);
  const created = await docker.inspectCopy(copy);
  const ports = new Map<string, LoopbackPort>();
  const close = (): void => ports.forEach((port) => port.close());
  const open = async ({ origin, service, port }: CopyEntry): Promise<void> => {
    ports.set(origin, await openLoopbackPort(addressIn(created, copy, service), port));
  };
  try {
    for (const entry of entries) await open(entry);
  } catch (error) {
    close();
    throw error;
  }
  const move = (url: string): string => {
    const { origin } = new URL(url);
    const port = ports.get(origin);
    return port === undefined ? url : url.replace(/^https?:\/\/[^/?#]+/, port.origin);
  };
  const { checks } = config;
  const options = moveUrls({ ...checks, timeoutMs: checks.timeout * 1000 }, move);
  return { ...createAppClient(options), hasProxy: ports.has(new URL(checks.proxyUrl).origin), close };
}
