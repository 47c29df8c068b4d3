import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** The address of this machine that an isolation lets in on purpose; null when it has none of these. */
export function letIn(breakGlass: readonly string[]): string | null {
  const list = new BlockList();
  for (const entry of breakGlass) {
    const [address = '', bits] = entry.split('/');
    const family = familyOf(address);
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  const own = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return own.find(({ address }) => list.check(address, familyOf(address)))?.address ?? null;
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
