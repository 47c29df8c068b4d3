import { BlockList, isIPv6 } from 'node:net';

/** Whether an isolation lets this address in on purpose. */
export function isLetIn(address: string, breakGlass: readonly string[]): boolean {
  const list = new BlockList();
  for (const entry of breakGlass) {
    const [start = '', bits] = entry.split('/');
    const family = familyOf(start);
    if (bits === undefined) list.addAddress(start, family);
    else list.addSubnet(start, Number(bits), family);
  }
  return list.check(address, familyOf(address));
}

const familyOf = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4');
