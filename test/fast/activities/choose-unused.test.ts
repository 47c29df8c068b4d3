import { describe, expect, it } from 'vitest';
import type { EngineInventory, ListedContainer } from '../../../activities/adapters/docker/inventory.ts';
import { chooseUnused } from '../../../activities/upkeep/choose-unused.ts';

const OLD = '2026-01-01T00:00:00Z';
const YOUNG = '2026-01-09T00:00:00Z';
const rule = {
  project: 'fdts',
  named: ['fdts_cache', 'shared'],
  repositories: ['registry.example.org/fdts/app'],
  before: Date.parse('2026-01-08T00:00:00Z'),
};
const unnamed = (digit: string) => digit.repeat(64);
const ofProject = (project: string, more = {}) => ({ 'com.docker.compose.project': project, ...more });

const choose = (found: Partial<EngineInventory>) =>
  chooseUnused({ containers: [], danglingImages: [], volumes: [], networks: [], ...found }, rule);

const container = (name: string, change: Partial<ListedContainer> = {}): ListedContainer => ({
  id: `id-${name}`,
  name,
  state: 'exited',
  labels: {},
  imageId: 'sha256:used',
  finishedAt: OLD,
  createdAt: OLD,
  volumes: [],
  networks: [],
  writableBytes: 10,
  ...change,
});

const image = (id: string, change = {}) => ({
  id,
  pulledFrom: [],
  labels: {},
  createdAt: OLD,
  bytes: 5,
  ...change,
});
const volume = (name: string, change = {}) => ({ name, labels: {}, createdAt: OLD, ...change });
const network = (name: string, change = {}) => ({
  id: `id-${name}`,
  name,
  labels: {},
  createdAt: OLD,
  ...change,
});

describe('images without a name', () => {
  it('go when nothing uses them and they are old enough', () => {
    const { plain, spared } = choose({
      danglingImages: [
        image('sha256:gone'),
        image('sha256:used'),
        image('sha256:young', { createdAt: YOUNG }),
        image('sha256:other', { labels: ofProject('shop') }),
        image('sha256:run', { labels: { 'fdts-ops.run': 'x' } }),
      ],
      containers: [container('stopped of somebody')],
    });
    expect(plain.map(({ id }) => id)).toEqual(['sha256:gone']);
    expect(spared).toEqual(
      expect.arrayContaining([
        '1 × image, too young',
        '1 × image, of another compose project',
        '1 × image, of a run of fdts-ops',
      ]),
    );
  });
});

it('images pulled from elsewhere may be pinned by another project that is down: a person decides', () => {
  const { plain, doubtful } = choose({
    danglingImages: [
      image('sha256:superseded', { pulledFrom: ['registry.example.org/fdts/app'] }),
      image('sha256:pinned', { pulledFrom: ['postgres'] }),
    ],
  });
  expect(plain.map(({ id }) => id)).toEqual(['sha256:superseded']);
  expect(doubtful.map(({ id }) => id)).toEqual(['sha256:pinned']);
});

describe('stopped containers', () => {
  it('of another project stay, ours only go when they were for one command', () => {
    const { plain, doubtful } = choose({
      containers: [
        container('shop_db_1', { labels: ofProject('shop') }),
        container('fdts_app_1', { labels: ofProject('fdts') }),
        container('fdts_run', { labels: ofProject('fdts', { 'com.docker.compose.oneoff': 'True' }) }),
        container('by hand'),
        container('by hand, young', { finishedAt: YOUNG }),
        container('running', { state: 'running' }),
        container('never started', { state: 'created', finishedAt: null }),
        container('rehearsal', { labels: ofProject('fdts-ops-1') }),
      ],
    });
    expect(plain.map(({ name }) => name)).toEqual(['fdts_run']);
    expect(doubtful.map(({ name }) => name)).toEqual(['by hand', 'never started']);
  });
});

describe('volumes', () => {
  it('only those that nobody named, labelled, mentioned or uses are even doubtful; none is plain', () => {
    const { plain, doubtful } = choose({
      volumes: [
        volume(unnamed('a')),
        volume(unnamed('b'), { createdAt: YOUNG }),
        volume(unnamed('c'), { labels: ofProject('fdts') }),
        volume(unnamed('d'), { createdAt: null }),
        volume(unnamed('e')),
        volume('fdts_cache'),
        volume('orders'),
      ],
      containers: [container('stopped', { labels: ofProject('shop'), volumes: [unnamed('e')] })],
    });
    expect(plain).toEqual([]);
    expect(doubtful.map(({ id }) => id)).toEqual([unnamed('a')]);
  });
});

describe('networks', () => {
  it('of a compose project, mentioned in a compose file, or of a stopped container stay', () => {
    const { plain, doubtful } = choose({
      networks: [
        network('bridge'),
        network('forgotten'),
        network('shared'),
        network('shop_default', { labels: ofProject('shop') }),
        network('joined'),
        network('by id'),
      ],
      containers: [container('stopped', { labels: ofProject('shop'), networks: ['joined', 'id-by id'] })],
    });
    expect(plain).toEqual([]);
    expect(doubtful.map(({ name }) => name)).toEqual(['forgotten']);
  });
});
