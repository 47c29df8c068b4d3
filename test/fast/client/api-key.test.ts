import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTemporalWorld, type TemporalWorld } from '../../support/temporal-world.ts';
import { cli } from './cli.ts';
import { type KeyedFront, keyedFront } from './support/keyed-front.ts';

const KEY = 'a-key-of-this-test';
let world: TemporalWorld;
let front: KeyedFront;

beforeAll(async () => {
  world = await startTemporalWorld();
  front = await keyedFront(world.env.address, KEY);
});
afterAll(async () => {
  await front.end();
  await world.end();
});

it.each([
  ['without a key', {}],
  ['with another key', { TEMPORAL_API_KEY: 'another' }],
])(
  'a server that wants an API key, asked %s, does nothing, and it is said what to look at',
  async (_how, key) => {
    const run = await cli({ ...front.environment, ...key }, 'runs', '--json');
    expect(run).toMatchObject({ code: 3, json: { error: { code: 'SERVER_UNREACHABLE' } } });
    expect(run.out).toContain('TEMPORAL_API_KEY');
  },
);

it('with the key of the variable it answers, and the key is not shown', async () => {
  const run = await cli({ ...front.environment, TEMPORAL_API_KEY: KEY }, 'runs', '--json');
  expect(run).toMatchObject({ code: 0, json: { runs: [] } });
  expect(`${run.out}${run.err}`).not.toContain(KEY);
});
