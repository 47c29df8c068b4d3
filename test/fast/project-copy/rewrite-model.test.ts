import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { type CopyRequest, rewriteModel } from '../../../activities/adapters/project-copy/rewrite-model.ts';

const folder = '/opt/fdts/.fdts-ops/copies/fdts-ops-copy-20260104-020000-verify';
const base: Omit<CopyRequest, 'resolved'> = {
  liveName: 'fdts',
  wanted: ['app', 'nginx'],
  urls: ['http://127.0.0.1:3001/api/health'],
  optionalUrls: [],
  images: { app: 'sha256:app', nginx: 'sha256:nginx' },
  rules: {
    folder,
    database: '/opt/fdts/data/database.sqlite',
    databasePlaces: ['/opt/fdts/data'],
    uploads: '/opt/fdts/uploads',
    dataNames: {},
    emptyPaths: ['/opt/fdts/backups'],
    volumeFolders: {},
  },
  limits: { memoryMegabytes: 512 },
};

const project = (app: object, rest: object = {}): string =>
  stringify({ services: { app: { ports: ['3001:3001'], ...app } }, ...rest }, { version: '1.1' });

const copyOf = (resolved: string, other: Partial<CopyRequest> = {}) => {
  const model = rewriteModel({ ...base, wanted: ['app'], resolved, ...other });
  return { ...model, written: parse(model.document) };
};

const refusalOf = (resolved: string, other: Partial<CopyRequest> = {}): string => {
  try {
    copyOf(resolved, other);
  } catch (error) {
    if (error instanceof OperationError && error.code === 'COPY_REFUSED') return error.message;
    throw error;
  }
  return 'not refused';
};

describe.each(['v1', 'v2'])('the project as compose %s prints it', (version) => {
  it('shares no mount, volume, network, port, name or restart policy with its copy', async () => {
    const resolved = await readFile(
      new URL(`../adapters/captured/config-${version}.yml`, import.meta.url),
      'utf8',
    );
    const { written, services, sources, empty } = copyOf(resolved, { wanted: ['app', 'nginx'] });
    expect(services.map(({ name }) => name)).toEqual(['app', 'nginx']);
    const { app, nginx } = written.services;
    expect(app.volumes).toEqual([
      { type: 'bind', source: `${folder}/root/opt/fdts/data`, target: '/app/data' },
      { type: 'bind', source: `${folder}/root/etc/x`, target: '/x', read_only: true },
      { type: 'volume', source: 'named', target: '/n' },
    ]);
    expect(nginx.volumes).toEqual([
      { type: 'bind', source: `${folder}/root/opt/fdts/c`, target: '/c', read_only: true },
    ]);
    expect(sources).toEqual(['/etc/x', '/opt/fdts/c']);
    expect(empty).toEqual(['/opt/fdts/data']);
    expect(written.networks).toEqual({ copy: { driver: 'bridge', internal: true } });
    expect(written.volumes).toEqual({ named: {} });
    expect(app).toMatchObject({
      image: 'sha256:app',
      restart: 'no',
      mem_limit: '512m',
      environment: { A: 'hunter2', S: '1' },
      networks: { copy: { aliases: ['fdts_app'] } },
    });
    for (const key of ['ports', 'container_name', 'build', 'labels', 'depends_on'])
      for (const service of [app, nginx]) expect(service).not.toHaveProperty(key);
    expect(written).not.toHaveProperty('name');
    expect(written).not.toHaveProperty('version');
  });
});

describe('what a copy has', () => {
  it('has data that lies in a named volume at its place, and other volumes new and empty', () => {
    const { written, notes } = copyOf(
      project(
        { volumes: ['db:/data', 'cache:/cache'] },
        { volumes: { db: { external: true, name: 'prod-db' }, cache: { driver_opts: { device: ':/nfs' } } } },
      ),
      {
        rules: {
          ...base.rules,
          database: '/var/lib/docker/volumes/prod-db/_data/database.sqlite',
          databasePlaces: ['/var/lib/docker/volumes/prod-db/_data'],
          volumeFolders: { 'prod-db': '/var/lib/docker/volumes/prod-db/_data' },
        },
      },
    );
    expect(written.services.app.volumes).toEqual([
      { type: 'bind', source: `${folder}/root/var/lib/docker/volumes/prod-db/_data`, target: '/data' },
      { type: 'volume', source: 'cache', target: '/cache' },
    ]);
    expect(written.volumes).toEqual({ cache: {} });
    expect(notes).toEqual(['volume cache of services.app is empty in the copy']);
  });

  it('has the configuration that lies beside a database in the folder of the project', () => {
    const database = '/opt/fdts/fdts.sqlite';
    const databasePlaces = [database, `${database}-wal`];
    const { empty, sources } = copyOf(
      project({
        volumes: [`${database}:/data.sqlite`, '/opt/fdts/conf:/conf', '/opt/fdts/uploads:/uploads'],
      }),
      { rules: { ...base.rules, database, databasePlaces } },
    );
    expect(sources).toEqual(['/opt/fdts/conf']);
    expect(empty).toEqual(['/opt/fdts/uploads']);
  });

  it('says the same to a reader of YAML 1.1, to whom no is false and 1:30 a number', () => {
    const environment = { DEBUG: 'no', AT: '1:30', MODE: '0o22', PRICE: '$$5' };
    const { document } = copyOf(project({ environment }));
    const { app } = parse(document, { version: '1.1' }).services;
    expect(app).toMatchObject({ environment, restart: 'no' });
  });

  it('has what its services need, no matter how they are named in it', () => {
    const { services } = copyOf(
      stringify({
        services: {
          edge: {
            ports: [{ target: 80, published: '3001' }],
            depends_on: { app: { condition: 'service_started' } },
          },
          app: { depends_on: ['redis'] },
          redis: {},
          stranger: { privileged: true },
        },
      }),
      { images: { edge: 'e', app: 'a', redis: 'r' } },
    );
    expect(services.map(({ name }) => name)).toEqual(['redis', 'app', 'edge']);
  });

  it('loses labels, logging and host names by which others would find it', () => {
    const { written, notes } = copyOf(
      project({
        labels: { 'traefik.enable': 'true' },
        logging: { driver: 'gelf' },
        extra_hosts: ['host.docker.internal:host-gateway'],
        dns: '10.0.0.1',
        deploy: { replicas: 3 },
      }),
    );
    for (const key of ['labels', 'extra_hosts', 'dns', 'deploy'])
      expect(written.services.app).not.toHaveProperty(key);
    expect(written.services.app.logging.driver).toBe('json-file');
    expect(notes).toEqual(['services.app.extra_hosts is left out of the copy']);
  });

  it('has secrets and configs as files of its own', () => {
    const { written, sources } = copyOf(
      project(
        { secrets: ['key', { source: 'pem', target: '/etc/pem' }], configs: [{ source: 'c' }] },
        {
          secrets: { key: { file: '/srv/key' }, pem: { file: '/srv/pem' } },
          configs: { c: { file: '/srv/c' } },
        },
      ),
    );
    const targets = written.services.app.volumes.map((mount: { target: string }) => mount.target);
    expect(targets).toEqual(['/run/secrets/key', '/etc/pem', '/c']);
    expect(sources).toEqual(['/srv/key', '/srv/pem', '/srv/c']);
  });
});

describe('what cannot be copied without sharing', () => {
  it.each([
    [
      'the engine itself',
      { volumes: ['/var/run/docker.sock:/var/run/docker.sock'] },
      /docker\.sock of this machine/,
    ],
    ['the machine', { volumes: ['/:/host:ro'] }, /mounts \/ of this machine/],
    ['its processes', { pid: 'host' }, /services\.app\.pid is host/],
    ['its network', { network_mode: 'host' }, /services\.app\.network_mode is host/],
    ['a container of somebody', { network_mode: 'container:vpn' }, /network_mode is container:vpn/],
    ['its devices', { devices: ['/dev/kvm:/dev/kvm'] }, /uses devices/],
    ['all of it', { privileged: true }, /is privileged/],
    ['its administration', { cap_add: ['CAP_SYS_ADMIN'] }, /cap_add has SYS_ADMIN/],
    ['what it confines', { security_opt: ['seccomp:unconfined'] }, /security_opt has seccomp:unconfined/],
    ['a secret of the shell', { secrets: ['s'] }, /s does not come from a file/],
    ['what nobody has judged', { use_api_socket: true }, /use_api_socket is not known/],
  ])('is refused: %s', (_name, app, reason) => {
    expect(refusalOf(project(app, { secrets: { s: { environment: 'S' } } }))).toMatch(reason);
  });

  it('is refused with every reason at once, quoting no environment', () => {
    const told = refusalOf(
      project({ environment: { TOKEN: 'hunter2' }, privileged: true, pid: 'host', volumes: ['/etc:/e'] }),
      { images: {} },
    );
    for (const reason of [
      /privileged/,
      /pid is host/,
      /mounts \/etc/,
      /image of services\.app is not on this host/,
    ])
      expect(told).toMatch(reason);
    expect(told).not.toContain('hunter2');
  });

  it('is refused when no service publishes the address at which the app is asked', () => {
    expect(refusalOf(stringify({ services: { app: {} } }))).toMatch(/no service publishes .*3001/);
  });
});
