import { describe, expect, it } from 'vitest';
import { type CreatedCopy, copyProblems } from '../../../activities/adapters/project-copy/inspect-copy.ts';

const name = 'fdts-ops-copy-20260104-020000-verify';
const folder = `/opt/fdts/.fdts-ops/copies/${name}`;
const expected = {
  place: { name, folder },
  images: { app: 'sha256:app' },
  live: {
    containers: ['fdts_app_1'],
    mounts: ['/opt/fdts/data', '/var/lib/docker/volumes/fdts_x/_data'],
    volumes: ['fdts_x'],
  },
};

/** What the engine says of a copy as it should be, as far as it is looked at; `change` makes it another one. */
const created = (change: (container: Shape, network: Network) => void = () => undefined): CreatedCopy => {
  const container = goodContainer();
  const network = { Name: `${name}_copy`, Internal: true, Containers: {} };
  change(container, network);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the fields that are read are there
  return { containers: [container], networks: [network] } as unknown as CreatedCopy;
};

type HostShape = {
  NetworkMode: string;
  RestartPolicy: { Name: string };
  LogConfig: { Type: string };
  Memory: number;
  PidMode?: string;
  Privileged?: boolean;
  PortBindings?: object;
  PublishAllPorts?: boolean;
};

const hostConfig: HostShape = {
  NetworkMode: `${name}_copy`,
  RestartPolicy: { Name: 'no' },
  LogConfig: { Type: 'json-file' },
  Memory: 1,
};

const networksOf: Record<string, object> = { [`${name}_copy`]: {} };

const goodContainer = () => ({
  Id: 'a'.repeat(64),
  Name: `/${name}_app_1`,
  Image: 'sha256:app',
  Config: { Labels: { 'com.docker.compose.service': 'app' } },
  Mounts: [{ Type: 'bind', Source: `${folder}/root/opt/fdts/data`, Name: '' }],
  NetworkSettings: { Networks: { ...networksOf } },
  HostConfig: { ...hostConfig },
});

type Shape = ReturnType<typeof goodContainer>;
type Network = { Name: string; Internal: boolean; Containers: Record<string, object> };

describe('what was created, before it runs', () => {
  it('is fine when it is only itself', () => {
    expect(copyProblems(created(), expected)).toEqual([]);
  });

  const cases: [string, (container: Shape, network: Network) => void, RegExp][] = [
    [
      'the live data',
      ({ Mounts }) => Mounts.push({ Type: 'bind', Source: '/opt/fdts/data', Name: '' }),
      /it mounts \/opt/,
    ],
    [
      'what lies in the live data',
      ({ Mounts }) => Mounts.push({ Type: 'bind', Source: '/opt/fdts/data/x', Name: '' }),
      /it mounts/,
    ],
    [
      'a live volume',
      ({ Mounts }) => Mounts.push({ Type: 'volume', Source: '/v', Name: 'fdts_x' }),
      /it mounts fdts_x/,
    ],
    [
      'the engine',
      ({ Mounts }) => Mounts.push({ Type: 'bind', Source: '/var/run/docker.sock', Name: '' }),
      /docker\.sock/,
    ],
    [
      'a live network',
      ({ NetworkSettings }) => (NetworkSettings.Networks['records-front'] = {}),
      /in network records-front/,
    ],
    ['the network of the host', ({ HostConfig }) => (HostConfig.NetworkMode = 'host'), /its network is host/],
    ['a way out', (_container, network) => (network.Internal = false), /leads out/],
    [
      'a network with others in it',
      (_container, network) => (network.Containers['b'] = {}),
      /other containers/,
    ],
    [
      'a port',
      ({ HostConfig }) => (HostConfig.PortBindings = { '80/tcp': [{ HostPort: '80' }] }),
      /publishes ports/,
    ],
    ['all ports', ({ HostConfig }) => (HostConfig.PublishAllPorts = true), /publishes ports/],
    [
      'the name of a live container',
      (container) => (container.Name = '/fdts_app_1'),
      /name of a live container/,
    ],
    ['another image', (container) => (container.Image = 'sha256:other'), /not the chosen one/],
    [
      'a start of its own',
      ({ HostConfig }) => (HostConfig.RestartPolicy = { Name: 'always' }),
      /restart policy is always/,
    ],
    ['the processes of the host', ({ HostConfig }) => (HostConfig.PidMode = 'host'), /PidMode is host/],
    ['everything', ({ HostConfig }) => (HostConfig.Privileged = true), /privileged/],
    ['a log elsewhere', ({ HostConfig }) => (HostConfig.LogConfig = { Type: 'gelf' }), /log goes to gelf/],
    ['no end to its memory', ({ HostConfig }) => (HostConfig.Memory = 0), /no memory limit/],
  ];
  it.each(cases)('is refused when it has %s', (_name, change, problem) => {
    expect(copyProblems(created(change), expected).join('\n')).toMatch(problem);
  });

  it('is refused when a service was not made', () => {
    const two = { ...expected, images: { ...expected.images, nginx: 'sha256:n' } };
    expect(copyProblems(created(), two)).toEqual(['nginx: no container was made']);
  });
});
