import { type ComposePort, readPort } from '../compose/port.ts';
import { copyRefused } from './copy-refused.ts';
import { listOf, mapOf, namesOf, type Plain, textOf } from './shapes.ts';

/** Where an address of `checks` leads to inside a copy. */
export type CopyEntry = { readonly origin: string; readonly service: string; readonly port: number };

/** What a copy is wanted for: services, and the addresses at which the app is asked. */
export type Wish = {
  readonly wanted: readonly string[];
  readonly urls: readonly string[];
  readonly optionalUrls: readonly string[];
};

/** Which services a copy has, each after those that it needs, and where its addresses lead to. */
export type ChosenServices = {
  readonly services: readonly string[];
  readonly entries: readonly CopyEntry[];
};

/**
 * The wanted services, those that publish the addresses at which the app is asked, and whatever these need. Throws
 * `COPY_REFUSED` for a service or an address that is not the project's.
 */
export const chooseServices = (services: Plain, { wanted, urls, optionalUrls }: Wish): ChosenServices => {
  const origins = [...new Set([...urls, ...optionalUrls].map((url) => new URL(url).origin))];
  const needed = new Set(urls.map((url) => new URL(url).origin));
  const entries = origins.map((origin) => entryOf(services, origin));
  const missing = entries.flatMap((entry, index) =>
    entry === null && needed.has(origins[index] ?? '')
      ? [`no service publishes the address ${origins[index]} of checks`]
      : [],
  );
  const found = entries.filter((entry) => entry !== null);
  const order: string[] = [];
  for (const name of [...wanted, ...found.map(({ service }) => service)])
    add(services, name, order, new Set(), missing);
  if (missing.length > 0) throw copyRefused(missing);
  return { services: order, entries: found };
};

const entryOf = (services: Plain, origin: string): CopyEntry | null => {
  const { port, protocol } = new URL(origin);
  const published = Number(port || (protocol === 'https:' ? 443 : 80));
  for (const [service, value] of Object.entries(services)) {
    const ports = listOf(mapOf(value)['ports']).map(readPort);
    const match = ports.find(
      (one): one is ComposePort => one?.published === published && one.protocol === 'tcp',
    );
    if (match !== undefined) return { origin, service, port: match.target };
  }
  return null;
};

const add = (
  services: Plain,
  name: string,
  order: string[],
  above: ReadonlySet<string>,
  missing: string[],
): void => {
  if (order.includes(name) || above.has(name)) return;
  const service = services[name];
  if (service === undefined) {
    missing.push(`the project has no service ${name}`);
    return;
  }
  for (const needed of neededBy(mapOf(service)))
    add(services, needed, order, new Set([...above, name]), missing);
  order.push(name);
};

const neededBy = (service: Plain): string[] => [
  ...Object.entries(mapOf(service['depends_on'])).flatMap(([name, how]) =>
    mapOf(how)['required'] === false ? [] : [name],
  ),
  ...(Array.isArray(service['depends_on']) ? namesOf(service['depends_on']) : []),
  ...listOf(service['links']).map((link) => String(link).split(':')[0] ?? ''),
  ...listOf(service['volumes_from'])
    .map(String)
    .filter((from) => !from.startsWith('container:'))
    .map((from) => from.split(':')[0] ?? ''),
  ...['network_mode', 'pid', 'ipc'].flatMap((key) => {
    const [kind, name = ''] = (textOf(service[key]) ?? '').split(':');
    return kind === 'service' ? [name] : [];
  }),
];
