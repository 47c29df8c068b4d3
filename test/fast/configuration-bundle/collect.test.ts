import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { namedInCompose } from '../../../activities/adapters/configuration-bundle/named-in-compose.ts';
import { planBundle } from '../../../activities/adapters/configuration-bundle/plan-bundle.ts';
import { readBundle } from '../../../activities/adapters/configuration-bundle/read-bundle.ts';
import { createDataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { context, newFolder, owner } from '../data-owner/support/build-site.ts';
import { runKilled } from '../data-owner/support/run-killed.ts';
import { backupsOf, buildProject, make, type Project } from './support/build-project.ts';

const isRoot = process.getuid?.() === 0;

test('what cannot be taken is said with its reason, and the rest is in the bundle', async () => {
  const project = await buildProject();
  const certs = join(project.folder, 'nginx/certs');
  execFileSync('mkfifo', [join(certs, 'pipe')]);
  writeFileSync(join(project.folder, 'app/huge.bin'), Buffer.alloc(2 << 20));
  symlinkSync('/opt/elsewhere', join(certs, 'outside'));
  const { leftOut, files } = await make(project);
  expect(whyOf(leftOut, 'nginx/certs/pipe')).toMatch(/a pipe/);
  expect(whyOf(leftOut, 'fdts/app')).toMatch(
    /more than 1048576 bytes, so only Dockerfile and \.dockerignore/,
  );
  expect(files).toBe(8);
  const names = await namesIn(project);
  expect(names).toContain('files/app/Dockerfile');
  expect(names).not.toContain('files/app/src/main.mjs');
  expect(names).toContain('files/nginx/certs/outside');
});

test('a file that is another one each time it is read is left out and said', async () => {
  const { args } = await buildProject();
  // The kernel makes its content at each reading, with another length than its size.
  const sources = [
    ...args.sources,
    { what: 'bundle.paths', path: '/proc/self/status', need: 'found' as const },
  ];
  const { leftOut } = await planBundle({ ...args, sources }, context);
  expect(whyOf(leftOut, 'status')).toMatch(/it changed each of the 3 times/);
});

test.runIf(isRoot)(
  'what this user may not read is said; without the env file no bundle is made',
  async () => {
    const { args, folder } = await buildProject();
    const asOwner = createDataOwner({ owner, pace: 'fast' });
    const { leftOut, missing } = await asOwner.planBundle(args);
    expect(whyOf(leftOut, 'nginx/certs/fdts.key')).toBe('it may not be read');
    expect(missing).toEqual([{ path: join(folder, '.env.production'), why: 'it may not be read' }]);
  },
);

test('paths of the configuration that are not there are told apart from what is only left out', async () => {
  const { args, root } = await buildProject();
  const sources = [
    ...args.sources,
    { what: 'bundle.paths', path: join(root, 'absent'), need: 'asked' as const },
  ];
  const planned = await planBundle({ ...args, sources }, context);
  expect(planned.askedInVain).toEqual([{ path: join(root, 'absent'), why: 'it does not exist' }]);
  expect(planned.taken).toContainEqual(expect.objectContaining({ what: 'mounted into nginx', files: 1 }));
  expect(JSON.stringify(planned)).not.toContain('must-not-be-seen');
});

test('files that only the compose file names are taken too, those of included files as well', async () => {
  const project = await buildProject();
  const { folder } = project;
  const files = {
    'docker-compose.yml': `include: [more/extra.yml]
services:
  app: { image: a, env_file: [.env.production, { path: optional.env, required: false }, $UNKNOWN] }
secrets: { mail: { file: ./secrets/mail } }
`,
    'more/extra.yml': 'services: { job: { image: b, env_file: job.env } }',
    'job.env': 'A=1',
    '.env': 'TAG=1',
    'secrets/mail': 'pw',
  };
  for (const name of ['more', 'secrets']) mkdirSync(join(folder, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { leftOut } = await make(project);
  const names = await namesIn(project);
  for (const name of Object.keys(files)) expect(names).toContain(`files/${name}`);
  expect(whyOf(leftOut, '$UNKNOWN')).toMatch(/cannot be told.*bundle\.paths/);
  expect(leftOut.filter(({ path }) => path.endsWith('optional.env'))).toEqual([]);
});

test('a compose file of an odd form hides nothing by throwing', () => {
  for (const text of ['', '- 1', 'services: [a]', 'services: {a: 1}', '{', 'include: 3'])
    expect(namedInCompose(text, '/f/c.yml', '/f').sources).toEqual([]);
});

test('killed anywhere it leaves no bundle or a whole one, and the repeat makes it', async () => {
  for (let point = 1; ; point += 1) {
    const project = await buildProject();
    const wasKilled = await runKilled('makeBundle', project.args, point);
    const left = backupsOf(project);
    if (left.includes('fdts_config_20260104_020000.tar.age')) await namesIn(project);
    await make(project);
    await namesIn(project);
    expect(backupsOf(project)).toHaveLength(2);
    if (wasKilled) continue;
    expect(point).toBeGreaterThan(15);
    return;
  }
}, 240_000);

test.runIf(isRoot)('on a full disk it fails and leaves nothing', async () => {
  const disk = join(newFolder(), 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'fdts-ops-test', disk]);
  try {
    const project = await buildProject({ bundle: join(disk, 'fdts_config_20260104_020000.tar.age') });
    await expect(make(project)).rejects.toMatchObject({ code: 'DISK_FULL', retryable: false });
    expect(readdirSync(disk).filter((name) => name.startsWith('fdts_config'))).toEqual([]);
  } finally {
    execFileSync('umount', [disk]);
  }
});

function whyOf(leftOut: readonly { path: string; why: string }[], ending: string): string | undefined {
  return leftOut.find(({ path }) => path.endsWith(ending))?.why;
}

/** What the bundle holds, with paths as in the project. */
async function namesIn({ bundle, identityFile, folder }: Project): Promise<string[]> {
  const key = { identityFile, passphraseFile: null, passphrase: null };
  const { entries } = await readBundle(bundle, key);
  return entries.map(({ name }) => name.replace(`${folder}/`, '/').replace('files//', 'files/'));
}
