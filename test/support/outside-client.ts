import { existsSync } from 'node:fs';
import { docker } from '../../sandbox/docker.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { waitUntil } from '../../sandbox/wait-until.ts';

/** Whether this machine knows IPv6 at all: a host in a container cannot have what it lacks. */
export const HAS_IPV6 = existsSync('/proc/net/if_inet6');

/** The IPv6 address that `giveIpv6` gives a sandbox host. */
export const HOST_IPV6 = 'fd00:f0f0::1';

/** A machine beside a sandbox host, with addresses of its own. */
export interface OutsideClient {
  readonly ipv4: string;
  readonly ipv6: string;
  /** The status that a URL answers; 0 when nothing comes. */
  status(url: string): Promise<number>;
  remove(): Promise<void>;
}

/** Lets the host's engine publish ports by IPv6 too; ends with the next boot. */
export async function giveIpv6(host: SandboxHost): Promise<void> {
  if (!HAS_IPV6) return;
  const settings = ['net.ipv6.conf.all.disable_ipv6=0', 'net.ipv6.conf.default.disable_ipv6=0'];
  await host.exec(['sysctl', '-q', '-w', ...settings]);
  await host.exec(['ip', '-6', 'address', 'replace', `${HOST_IPV6}/64`, 'dev', 'eth0', 'nodad']);
  await host.exec(['systemctl', 'restart', 'docker.service'], { timeoutMs: 60_000 });
}

/** Starts it on the host's network; `last` (2 to 9999) tells its IPv6 address from others. */
export async function outsideClient(host: SandboxHost, name: string, last: number): Promise<OutsideClient> {
  const format = '{{.Config.Image}} {{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}';
  const [image = '', network = ''] = (await docker(['inspect', '--format', format, host.name])).stdout.split(
    ' ',
  );
  const ipv6 = `fd00:f0f0::${last}`;
  await docker(['rm', '--force', name], { check: false });
  const sysctl = HAS_IPV6 ? ['--sysctl', 'net.ipv6.conf.all.disable_ipv6=0'] : [];
  await docker([
    'run',
    '--detach',
    '--name',
    name,
    '--label',
    'fdts-ops=1',
    '--cap-add',
    'NET_ADMIN',
    ...sysctl,
    '--network',
    network,
    '--entrypoint',
    'sleep',
    image,
    'infinity',
  ]);
  if (HAS_IPV6)
    await docker(['exec', name, 'ip', '-6', 'address', 'add', `${ipv6}/64`, 'dev', 'eth0', 'nodad']);
  const address = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
  const ipv4 = (await docker(['inspect', '--format', address, name])).stdout.trim();
  const status = async (url: string): Promise<number> => {
    const asked = [
      'curl',
      '--silent',
      '--insecure',
      '--globoff',
      '--max-time',
      '2',
      '--output',
      '/dev/null',
      '--write-out',
      '%{http_code}',
      url,
    ];
    return Number((await docker(['exec', name, ...asked], { check: false })).stdout);
  };
  return {
    ipv4,
    ipv6,
    status,
    remove: async () => void (await docker(['rm', '--force', name], { check: false })),
  };
}

/** Waits until a URL answers 200 to it. */
export async function isServed(client: OutsideClient, url: string): Promise<void> {
  await waitUntil(`${url} answers`, async () => (await client.status(url)) === 200, 60_000);
}
