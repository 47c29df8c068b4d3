import type Docker from 'dockerode';
import { isWithin } from '../configuration-bundle/bundle-source.ts';
import { OperationError } from '../operation-error.ts';
import type { CopyPlace } from './copy-names.ts';

/** A copy as the engine made it, before anything of it runs. */
export type CreatedCopy = {
  readonly containers: readonly Docker.ContainerInspectInfo[];
  readonly networks: readonly Docker.NetworkInspectInfo[];
};

/** What a created copy must be, and what it must not meet. */
export type ExpectedCopy = {
  readonly place: Pick<CopyPlace, 'name' | 'folder'>;
  readonly images: Readonly<Record<string, string>>;
  readonly live: {
    readonly containers: readonly string[];
    readonly mounts: readonly string[];
    readonly volumes: readonly string[];
  };
};

/**
 * Looks at what was created rather than at what was asked for: an image can bring volumes, compose can be of another
 * version, a path can be a link. Every way in which it reaches beyond itself is a line; none is good.
 */
export const copyProblems = (created: CreatedCopy, expected: ExpectedCopy): string[] => {
  const services = created.containers.map(({ Config }) => Config.Labels['com.docker.compose.service'] ?? '');
  const missing = Object.keys(expected.images).filter((service) => !services.includes(service));
  return [
    ...missing.map((service) => `${service}: no container was made`),
    ...created.networks.flatMap((network) => networkProblems(network, created)),
    ...created.containers.flatMap((container) =>
      [...containerProblems(container, created, expected)].map((problem) => `${container.Name}: ${problem}`),
    ),
  ];
};

const networkProblems = (
  { Name, Internal, Containers }: Docker.NetworkInspectInfo,
  created: CreatedCopy,
): string[] => {
  const own = created.containers.map(({ Id }) => Id);
  const strangers = Object.keys(Containers ?? {}).filter((id) => !own.includes(id));
  return [
    ...(Internal ? [] : [`network ${Name} leads out`]),
    ...(strangers.length === 0 ? [] : [`network ${Name} has other containers in it`]),
  ];
};

const containerProblems = function* (
  { Name, Config, HostConfig: host, Mounts, NetworkSettings, Image }: Docker.ContainerInspectInfo,
  { networks }: CreatedCopy,
  { place, images, live }: ExpectedCopy,
): Generator<string> {
  const service = Config.Labels['com.docker.compose.service'] ?? '';
  if (Image !== images[service]) yield `its image is ${Image.slice(0, 19)}, not the chosen one`;
  if (!Name.startsWith(`/${place.name}`)) yield 'its name is not of the copy';
  if (live.containers.includes(Name.replace(/^\//, ''))) yield 'it has the name of a live container';
  const ownNetworks = networks.map((network) => network.Name);
  for (const name of Object.keys(NetworkSettings.Networks ?? {}))
    if (name !== 'none' && !ownNetworks.includes(name)) yield `it is in network ${name}`;
  if (!isOwnMode(host.NetworkMode, ownNetworks)) yield `its network is ${host.NetworkMode ?? 'unknown'}`;
  const { PidMode, IpcMode, UTSMode, UsernsMode } = host;
  for (const [key, mode] of Object.entries({ PidMode, IpcMode, UTSMode, UsernsMode }))
    if (mode === 'host') yield `${key} is host`;
  if (host.Privileged === true) yield 'it is privileged';
  if ((host.Devices ?? []).length > 0) yield 'it has devices of this machine';
  if (Object.keys(host.PortBindings ?? {}).length > 0 || host.PublishAllPorts === true)
    yield 'it publishes ports';
  if ((host.RestartPolicy?.Name ?? 'no') !== 'no') yield `its restart policy is ${host.RestartPolicy?.Name}`;
  if (host.LogConfig?.Type !== 'json-file')
    yield `its log goes to ${host.LogConfig?.Type ?? 'an unknown place'}`;
  if ((host.Memory ?? 0) <= 0) yield 'it has no memory limit';
  if ((host.ExtraHosts ?? []).length > 0) yield 'it knows addresses outside';
  for (const { Type, Source, Name: volume = '' } of Mounts) {
    if (Type === 'tmpfs') continue;
    if (Type === 'volume' ? live.volumes.includes(volume) : !isWithin(Source, `${place.folder}/root`))
      yield `it mounts ${volume || Source}`;
    if (live.mounts.some((path) => isWithin(Source, path) && !isWithin(place.folder, path)))
      yield `it mounts ${Source} of the live project`;
  }
};

const isOwnMode = (mode: string | undefined, own: readonly string[]): boolean =>
  mode !== undefined && (own.includes(mode) || mode === 'none' || /^container:[0-9a-f]{64}$/.test(mode));

/** Where a service of a running copy is reached from this host: nothing of it is published. */
export const addressIn = ({ containers }: CreatedCopy, copy: string, service: string): string => {
  const own = containers.find(({ Config }) => Config.Labels['com.docker.compose.service'] === service);
  const [kind, id] = (own?.HostConfig.NetworkMode ?? '').split(':');
  const inNetwork = kind === 'container' ? containers.find(({ Id }) => Id === id) : own;
  const address = Object.values(inNetwork?.NetworkSettings.Networks ?? {}).find(
    ({ IPAddress }) => IPAddress,
  )?.IPAddress;
  if (address !== undefined && own?.State.Running === true) return address;
  throw new OperationError({
    code: 'COPY_NOT_RUNNING',
    operation: 'probeCopy',
    target: `${service} of ${copy}`,
    cause:
      own === undefined
        ? 'it has no container'
        : `it is ${own.State.Status}, exit code ${own.State.ExitCode}`,
    hint: 'While the copy is there, read its log on the host: docker logs CONTAINER.',
    retryable: false,
  });
};
