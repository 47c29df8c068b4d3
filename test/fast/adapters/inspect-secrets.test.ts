import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inspectSecrets, markOf } from '../../../activities/adapters/env-file/inspect-secrets.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const good = 'kR9vT2mQ8xW4zB7nL1pD6sF3hJ5gY0cA-uE_iO';
const keys = ['JWT_SECRET', 'JWT_REFRESH_SECRET'];

async function inspect(text: string) {
  const envFile = join(newFolder(), '.env');
  writeFileSync(envFile, text);
  return inspectSecrets({ envFile, keys, probe: 'p' });
}

it.each([
  ['missing', '# JWT_SECRET=x\nOTHER_JWT_SECRET=y\n', 'it is not set'],
  ['empty', 'JWT_SECRET=\n', 'it is not set'],
  ['short', 'JWT_SECRET=kR9vT2mQ8xW4zB7n\n', 'fewer than 32 characters'],
  ['of one letter', `JWT_SECRET=${'a'.repeat(64)}\n`, 'different characters'],
  ['a placeholder', 'JWT_SECRET="please-change-me-0123456789-abcdef-0123"\n', 'placeholder'],
  [
    'the same as another',
    `JWT_SECRET=${good}\nJWT_REFRESH_SECRET='${good}'\n`,
    'the same as JWT_REFRESH_SECRET',
  ],
])('a secret that is %s is told, and never itself', async (_, text, problem) => {
  const [first] = await inspect(text);
  expect(first?.problem).toContain(problem);
  expect(JSON.stringify(first)).not.toContain('kR9v');
});

it('a good one passes, and can be compared with that of the container without being read out', async () => {
  const [first] = await inspect(`JWT_SECRET=${good}\n`);
  expect(first).toEqual({ key: 'JWT_SECRET', problem: null, isMissing: false, mark: markOf(good, 'p') });
  expect(markOf(`${good} `, 'p')).not.toBe(first?.mark);
});

it('an env file that is not there is an error', async () => {
  const envFile = join(newFolder(), 'none');
  await expect(inspectSecrets({ envFile, keys, probe: 'p' })).rejects.toMatchObject({
    operation: 'inspectSecrets',
  });
});
