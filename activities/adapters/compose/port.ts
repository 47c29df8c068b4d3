/** A published port of a service. `published` null: the engine chooses one. `hostIp` null: all addresses. */
export type ComposePort = {
  readonly hostIp: string | null;
  readonly published: number | null;
  readonly target: number;
  readonly protocol: string;
};

/** Reads a port in the forms that `config` prints: v1 short text, number or partial map; v2 map with text numbers. */
export const readPort = (value: unknown): ComposePort | null => {
  if (typeof value === 'number') return { hostIp: null, published: null, target: value, protocol: 'tcp' };
  if (typeof value === 'string') return readShortPort(value);
  if (typeof value !== 'object' || value === null || !('target' in value)) return null;
  const target = toPort(value.target);
  if (target === null) return null;
  return {
    hostIp: 'host_ip' in value && typeof value.host_ip === 'string' ? value.host_ip : null,
    published: 'published' in value ? toPort(value.published) : null,
    target,
    protocol: 'protocol' in value && typeof value.protocol === 'string' ? value.protocol : 'tcp',
  };
};

// `[HOST:][PUBLISHED:]TARGET[/PROTOCOL]`; v1 prints an IPv6 address without its brackets.
const readShortPort = (text: string): ComposePort | null => {
  const match =
    /^(?:(?:\[?(?<host>[^\]]*?)\]?:)?(?<published>\d*):)?(?<target>\d+)(?:\/(?<protocol>\w+))?$/.exec(text);
  const target = toPort(match?.groups?.['target']);
  if (match === null || target === null) return null;
  const { host, published, protocol = 'tcp' } = match.groups ?? {};
  return {
    hostIp: host === undefined || host === '' ? null : host,
    published: toPort(published),
    target,
    protocol,
  };
};

const toPort = (value: unknown): number | null => {
  const port = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65536 ? port : null;
};
