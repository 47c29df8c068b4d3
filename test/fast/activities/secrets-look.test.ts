import { expect, test } from 'vitest';
import { type InspectedSecret, markOf } from '../../../activities/adapters/env-file/inspect-secrets.ts';
import { authenticationReads } from '../../../activities/diagnosis/authentication.ts';
import type { Host } from '../../../activities/host.ts';
import { run } from './support/small-host.ts';

const KEYS = ['JWT_SECRET', 'JWT_REFRESH_SECRET'] as const;

/** What is found where the env file and the app's container have these values; null: the app has no container. */
async function look(
  inFile: Readonly<Record<string, string>>,
  inContainer: Readonly<Record<string, string>> | null,
) {
  const inspectSecrets = async ({ probe }: { probe: string }): Promise<InspectedSecret[]> =>
    KEYS.map((key) => {
      const value = inFile[key] ?? '';
      return { key, problem: null, isMissing: value === '', mark: markOf(value, probe) };
    });
  const host = {
    config: {
      project: { name: 'fdts', envFile: '/opt/fdts/.env.production' },
      incident: { secrets: KEYS },
      services: { app: 'app' },
    },
    docker: {
      projectContainers: async () => (inContainer === null ? [] : [{ id: 'app', service: 'app' }]),
      containerEnvironment: async () => inContainer,
    },
    asRoot: { inspectSecrets },
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host this look uses these alone
  const { lookAtSecrets } = authenticationReads(host as unknown as Host);
  const { missing, stale, checks } = await lookAtSecrets(run(), {});
  return { missing, stale, ofApp: checks.at(-1) };
}

const both = { JWT_SECRET: 'one', JWT_REFRESH_SECRET: 'two' };

test('the same values are the same', async () => {
  expect(await look(both, { ...both, PATH: '/bin' })).toMatchObject({
    missing: [],
    stale: [],
    ofApp: { status: 'pass', got: 'the same' },
  });
});

test('a secret of the env file that the container lacks is not what the app runs with: it has to be made anew', async () => {
  const { stale, ofApp } = await look(both, { JWT_SECRET: 'one' });
  expect(stale).toEqual(['JWT_REFRESH_SECRET']);
  expect(ofApp).toMatchObject({
    status: 'fail',
    got: 'JWT_REFRESH_SECRET is not in its container',
    answer: expect.stringContaining('make its container anew'),
  });
});

test('another value is told by its name alone', async () => {
  const { stale, ofApp } = await look(both, { ...both, JWT_SECRET: 'old' });
  expect(stale).toEqual(['JWT_SECRET']);
  expect(ofApp).toMatchObject({ status: 'fail', got: 'another value of JWT_SECRET' });
});

test('one that neither has is missing, and nothing that a new container mends', async () => {
  expect(await look({ JWT_SECRET: 'one' }, { JWT_SECRET: 'one' })).toMatchObject({
    missing: ['JWT_REFRESH_SECRET'],
    stale: [],
    ofApp: { status: 'pass' },
  });
});

test('without a container nothing is proven', async () => {
  expect(await look(both, null)).toMatchObject({
    stale: [],
    ofApp: { status: 'not proven', answer: 'fdts-ops start applicationDown' },
  });
});
