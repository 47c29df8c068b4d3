import { parse } from 'yaml';
import { chooseServices, type Wish } from './choose-services.ts';
import { copyRefused } from './copy-refused.ts';
import { type MountRules, rewriteMounts } from './rewrite-mounts.ts';
import { COPY_NETWORK, type CopyLimits, rewriteService } from './rewrite-service.ts';
import { mapOf, type Plain, textOf } from './shapes.ts';

/** What a copy is made from. */
export type CopyRequest = Wish & {
  /** The live project, as compose prints it resolved. Holds secrets. */
  readonly resolved: string;
  readonly liveName: string;
  /** The image of each service, by id. */
  readonly images: Readonly<Record<string, string>>;
  readonly rules: Omit<MountRules, 'volumeNames'>;
  readonly limits: CopyLimits;
};

/** The compose file of a copy, and what has to lie in its folder before it is made. */
export type CopyModel = {
  /** Holds secrets, as the resolved project does. */
  readonly document: string;
  /** In the order in which they start. */
  readonly services: readonly { readonly name: string; readonly image: string; readonly after: Plain }[];
  readonly sources: readonly string[];
  readonly empty: readonly string[];
  readonly notes: readonly string[];
};

/**
 * Rewrites a compose project so that it shares nothing with the live one: every mount lies in the copy's folder, every
 * volume and the one network (internal: no way out) are its own, nothing is published, named, restarted or labelled as
 * the live one. Throws `COPY_REFUSED` with every reason, quoting no value of an environment.
 */
export const rewriteModel = (request: CopyRequest): CopyModel => {
  const root = readResolved(request.resolved);
  const live = mapOf(root['services']);
  const { services } = chooseServices(live, request);
  const volumeNames = nameVolumes(mapOf(root['volumes']), request.liveName);
  const files = { secrets: mapOf(root['secrets']), configs: mapOf(root['configs']) };
  const parts = services.map((name) => {
    const service = mapOf(live[name]);
    const rewritten = rewriteService(name, service, services, request.limits);
    const mounts = rewriteMounts(service, `services.${name}`, files, { ...request.rules, volumeNames });
    const image = request.images[name];
    const refused = [
      ...rewritten.refused,
      ...mounts.refused,
      ...(image === undefined ? [`the image of services.${name} is not on this host`] : []),
    ];
    const document = { image, ...rewritten.service, volumes: mounts.mounts };
    return { name, image: image ?? '', service, document, mounts, refused, notes: rewritten.notes };
  });
  const refused = parts.flatMap((part) => part.refused);
  if (refused.length > 0) throw copyRefused(refused);
  const volumes = new Set(parts.flatMap(({ mounts }) => mounts.volumes));
  const document = {
    services: Object.fromEntries(parts.map((part) => [part.name, part.document])),
    networks: { [COPY_NETWORK]: { driver: 'bridge', internal: true } },
    ...(volumes.size === 0 ? {} : { volumes: Object.fromEntries([...volumes].map((key) => [key, {}])) }),
  };
  return {
    // JSON is YAML too, and leaves no text to be taken for another type: compose v1 reads `no` as false.
    document: JSON.stringify(document, undefined, 1),
    services: parts.map(({ name, image, service }) => ({ name, image, after: mapOf(service['depends_on']) })),
    sources: distinct(parts.flatMap(({ mounts }) => mounts.sources)),
    empty: distinct(parts.flatMap(({ mounts }) => mounts.empty)),
    notes: parts.flatMap(({ notes, mounts }) => [...notes, ...mounts.notes]),
  };
};

/** The services of a resolved project, as compose prints them. Their environments are secret. */
export const liveServices = (resolved: string): Plain => mapOf(readResolved(resolved)['services']);

// Both composes quote what another YAML 1.1 reader would take for another type.
const readResolved = (resolved: string): Plain =>
  mapOf(parse(resolved, { logLevel: 'error', version: '1.1' }));

const nameVolumes = (volumes: Plain, project: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(volumes).map(([key, value]) => {
      const { name, external } = mapOf(value);
      const isExternal = external !== undefined && external !== false;
      const given = textOf(name) ?? textOf(mapOf(external)['name']);
      return [key, given ?? (isExternal ? key : `${project}_${key}`)];
    }),
  );

const distinct = (names: readonly string[]): string[] => [...new Set(names)];
