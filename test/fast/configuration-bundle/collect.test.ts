import { execFileSync } from 'node:child_process';
import {
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { extractBundle } from '../../../activities/adapters/configuration-bundle/extract-bundle.ts';
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

/** As certbot lays it out: the folder that is mounted has links to the numbered files of another one. */
function certificates({ root, folder }: Project) {
  const [live, archive] = [join(folder, 'nginx/certs/live'), join(root, 'letsencrypt/archive')];
  for (const place of [live, archive]) mkdirSync(place, { recursive: true });
  writeFileSync(join(archive, 'privkey7.pem'), 'THE KEY', { mode: 0o600 });
  symlinkSync('../../../../letsencrypt/archive/privkey7.pem', join(live, 'privkey.pem'));
  return { live, archive, link: join(live, 'privkey.pem') };
}

describe('a link out of what is mounted', () => {
  test('is the file itself in the bundle, under the path of the link, and comes out with its mode', async () => {
    const project = await buildProject();
    const { link } = certificates(project);
    const planned = await planBundle(project.args, context);
    expect(planned.unfollowed).toEqual([]);
    expect(planned.taken).toContainEqual({ what: 'what a link leads to', path: link, files: 1, bytes: 7 });
    await make(project);
    const { bundle, identityFile, root } = project;
    const checked = await readBundle(bundle, { identityFile, passphraseFile: null, passphrase: null });
    await extractBundle(bundle, checked, join(root, 'out'));
    const placed = join(root, 'out/files', link);
    expect(readFileSync(placed, 'utf8')).toBe('THE KEY');
    expect(lstatSync(placed).mode & 0o7777).toBe(0o600);
    expect(checked.inventory.files).toContainEqual(
      expect.objectContaining({ path: link, behindLink: '../../../../letsencrypt/archive/privkey7.pem' }),
    );
  });

  test('stays a link where its target is in the bundle too', async () => {
    const project = await buildProject();
    const { archive, link } = certificates(project);
    const sources = [
      ...project.args.sources,
      { what: 'bundle.paths', path: join(archive, '..'), need: 'asked' as const },
    ];
    const { leftOut } = await make(project, { sources });
    expect(leftOut.filter(({ path }) => path === link)).toEqual([]);
    expect(await namesIn(project)).toContain('files/nginx/certs/live/privkey.pem');
    expect((await contentOf(project, link)).type).toBe('link');
  });

  test('to a folder takes what is in it, links in there as well, and ends where they go in circles', async () => {
    const project = await buildProject();
    const { root, folder } = project;
    const sites = join(root, 'sites');
    mkdirSync(sites);
    writeFileSync(join(root, 'shared.conf'), 'shared');
    writeFileSync(join(sites, 'one.conf'), 'one');
    symlinkSync('../shared.conf', join(sites, 'two.conf'));
    symlinkSync(root, join(sites, 'circle'));
    symlinkSync(sites, join(folder, 'nginx/certs/sites'));
    const { unfollowed } = await planBundle(project.args, context);
    expect(whyOf(unfollowed, 'sites/circle')).toMatch(/it lies in what it leads to|more than/);
    await make(project);
    expect((await contentOf(project, join(folder, 'nginx/certs/sites/one.conf'))).content.toString()).toBe(
      'one',
    );
    expect((await contentOf(project, join(folder, 'nginx/certs/sites/two.conf'))).content.toString()).toBe(
      'shared',
    );
  });

  test.runIf(isRoot)(
    'of a user to a file of another one is not followed: nobody plants files of root',
    async () => {
      const project = await buildProject();
      const { link } = certificates(project);
      lchownSync(link, owner.uid, owner.gid);
      const { unfollowed } = await planBundle(project.args, context);
      expect(whyOf(unfollowed, 'privkey.pem')).toMatch(/belongs to user 10001, its target to user 0/);
      await make(project);
      expect((await contentOf(project, link)).type).toBe('link');
    },
  );

  test("to users' data, or to nothing, is said and misses nothing", async () => {
    const project = await buildProject();
    const certs = join(project.folder, 'nginx/certs');
    symlinkSync(join(project.folder, 'uploads/photo.jpg'), join(certs, 'photo'));
    symlinkSync('/opt/elsewhere', join(certs, 'outside'));
    const { unfollowed, leftOut } = await planBundle(project.args, context);
    expect(unfollowed).toEqual([]);
    expect(whyOf(leftOut, 'certs/photo')).toMatch(/not taken: users' data/);
    expect(whyOf(leftOut, 'certs/outside')).toMatch(/not taken: it does not exist/);
  });
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

async function contentOf({ bundle, identityFile }: Project, path: string) {
  const { entries } = await readBundle(bundle, { identityFile, passphraseFile: null, passphrase: null });
  const found = entries.find(({ name }) => name === `files${path}`);
  if (found === undefined) throw new Error(`the bundle has no ${path}`);
  return found;
}
