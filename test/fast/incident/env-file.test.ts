import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceValues, secretKeys, valueOf } from '../../../activities/adapters/env-file/replace-values.ts';
import { rotateSecrets } from '../../../activities/adapters/env-file/rotate-secrets.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const KEYS = ['JWT_SECRET', 'JWT_REFRESH_SECRET'];
const values = { JWT_SECRET: 'new-a', JWT_REFRESH_SECRET: 'new-b' };

test.each([
  [
    'names that only contain the key',
    'OLD_JWT_SECRET=x\nJWT_SECRET=1\nJWT_SECRETS=y\n',
    'OLD_JWT_SECRET=x\nJWT_SECRET=new-a\nJWT_SECRETS=y\n',
  ],
  [
    'comments',
    '#JWT_SECRET=1\n # JWT_SECRET=2\nJWT_SECRET=3',
    '#JWT_SECRET=1\n # JWT_SECRET=2\nJWT_SECRET=new-a',
  ],
  ['base64 with slashes, equals signs and ampersands', 'JWT_SECRET=a/b+c==&\\1\n', 'JWT_SECRET=new-a\n'],
  [
    'export, blanks and Windows line ends',
    'export JWT_SECRET = "1"\r\nA=b\r\n',
    'export JWT_SECRET =new-a\r\nA=b\r\n',
  ],
  ['a key that is defined twice', 'JWT_SECRET=1\nJWT_SECRET=2\n', 'JWT_SECRET=new-a\nJWT_SECRET=new-a\n'],
  ['a quoted value over two lines', 'A=1\nJWT_SECRET="one\ntwo"\nB=2\n', 'A=1\nJWT_SECRET=new-a\nB=2\n'],
  ['a quote that is never closed', 'JWT_SECRET="one\nB=2\n', 'JWT_SECRET=new-a\nB=2\n'],
  ['a byte order mark', '\uFEFFJWT_SECRET=1\n', '\uFEFFJWT_SECRET=new-a\n'],
  [
    'a key inside of another value',
    'A="\nJWT_SECRET=inner\n"\nJWT_SECRET=1\n',
    'A="\nJWT_SECRET=inner\n"\nJWT_SECRET=new-a\n',
  ],
])('only the lines of the keys change, every other byte stays: %s', (_, before, after) => {
  expect(replaceValues(before, values).text).toBe(after);
});

test('a key that is missing is named, and nothing is added', () => {
  const { text, replaced, missing } = replaceValues('JWT_SECRET=1\n', values);
  expect(text).toBe('JWT_SECRET=new-a\n');
  expect({ replaced, missing }).toEqual({ replaced: ['JWT_SECRET'], missing: ['JWT_REFRESH_SECRET'] });
});

test('what looks secret is named, what does not is not', () => {
  const text = `NODE_ENV=production\nPORT=3001\nMAIL_PASSWORD=x\nAPI_KEY=k\nSTRIPE_SECRET=s\nEMPTY_SECRET=\nTOKEN_SECONDS=900
DATABASE_URL=postgres://user:pass@db/x\nPUBLIC_URL=https://fdts.example\nSESSION_SECRET=true\nKEYBOARD=de\n`;
  expect(secretKeys(text)).toEqual(['MAIL_PASSWORD', 'API_KEY', 'STRIPE_SECRET', 'DATABASE_URL']);
});

function envFile(text: string | Buffer) {
  const folder = newFolder();
  const file = join(folder, '.env.production');
  const kept = join(folder, 'kept');
  writeFileSync(file, text);
  writeFileSync(kept, text);
  return { folder, file, kept };
}

const ENV = 'A=1\nJWT_SECRET=old-a\n# note\nJWT_REFRESH_SECRET=old-b\nMAIL_PASSWORD=p\n';

test('new random values of one line each; mode and owner stay, and no value is told', async () => {
  const { file, kept } = envFile(ENV);
  chmodSync(file, 0o640);
  if (process.getuid?.() === 0) chownSync(file, 10_001, 4);
  const { uid, gid } = statSync(file);
  const told = await rotateSecrets({ envFile: file, kept, keys: KEYS });
  expect(told).toEqual({ keys: KEYS, missing: [], leftToDo: ['MAIL_PASSWORD'], changed: true });
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(
    /^A=1\nJWT_SECRET=[\w-]{86}\n# note\nJWT_REFRESH_SECRET=[\w-]{86}\nMAIL_PASSWORD=p\n$/,
  );
  expect(valueOf(text, 'JWT_SECRET')).not.toBe(valueOf(text, 'JWT_REFRESH_SECRET'));
  expect(JSON.stringify(told)).not.toContain(valueOf(text, 'JWT_SECRET'));
  expect(statSync(file)).toMatchObject({ uid, gid });
  expect(statSync(file).mode & 0o777).toBe(0o640);
});

test('a repeat renews nothing again; a file that somebody put back is renewed', async () => {
  const { file, kept } = envFile(ENV);
  await rotateSecrets({ envFile: file, kept, keys: KEYS });
  const renewed = readFileSync(file, 'utf8');
  expect(await rotateSecrets({ envFile: file, kept, keys: KEYS })).toMatchObject({ changed: false });
  expect(readFileSync(file, 'utf8')).toBe(renewed);
  writeFileSync(file, ENV);
  expect(await rotateSecrets({ envFile: file, kept, keys: KEYS })).toMatchObject({ changed: true });
});

test('bytes that are no UTF-8 stay, and a link keeps pointing to the renewed file', async () => {
  const odd = Buffer.concat([Buffer.from([0x41, 0x3d, 0xff, 0xfe, 0x0a]), Buffer.from('JWT_SECRET=1\n')]);
  const { folder, file, kept } = envFile(odd);
  const link = join(folder, 'link');
  symlinkSync(file, link);
  await rotateSecrets({ envFile: link, kept, keys: ['JWT_SECRET'] });
  expect(readFileSync(file).subarray(0, 5)).toEqual(odd.subarray(0, 5));
  expect(readFileSync(link, 'utf8')).toMatch(/JWT_SECRET=[\w-]{86}\n$/);
});

test('nothing is changed without the copy of before, or when none of the keys is there', async () => {
  const { file, kept } = envFile(ENV);
  await expect(rotateSecrets({ envFile: file, kept: `${kept}-none`, keys: KEYS })).rejects.toMatchObject({
    code: 'ENV_FILE_NOT_KEPT',
  });
  await expect(rotateSecrets({ envFile: file, kept, keys: ['OTHER'] })).rejects.toMatchObject({
    code: 'NO_SECRETS_FOUND',
  });
  expect(readFileSync(file, 'utf8')).toBe(ENV);
  expect(existsSync(`${file}.fdts-ops.part`)).toBe(false);
});
