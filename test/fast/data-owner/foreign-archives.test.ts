import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { integer, sample, tuple } from 'fast-check';
import { expect, test } from 'vitest';
import { checkArchive } from '../../../activities/adapters/data-owner/archive/check-archive.ts';
import { checkBackup } from '../../../activities/adapters/data-owner/archive/check-backup.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { archiveBy, archiveByScript, archiveOf, packers } from './support/make-archives.ts';

test.each([['the script of the site', undefined] as const, ...packers])(
  'an archive by %s passes whole, and its uploads come out equal',
  async (_name, pack) => {
    const site = oddSite();
    const archive = pack === undefined ? archiveByScript(site) : archiveBy(pack, site);
    const { reasons, checked, uploadsFolder } = await check(site, archive);
    expect(reasons).toEqual([]);
    expect(checked).toMatchObject({ database: { tables: { users: 67 } }, uploads: { count: 7 } });
    expect(checked.findings).toEqual([expect.stringContaining('there is no manifest')]);
    execFileSync('diff', ['-r', site.uploads, uploadsFolder]);
  },
);

test.each([
  ['the script of the site', undefined] as const,
  ...packers.filter(([name]) => !name.includes(',')),
])('an archive by %s is refused when it is cut, and when a single bit of it flips', async (_name, pack) => {
  const site = oddSite();
  const good = readFileSync(pack === undefined ? archiveByScript(site) : archiveBy(pack, site));
  for (const left of [good.length / 2, good.length - 20, good.length - 4, good.length - 1])
    expect(await refusal(site, good.subarray(0, left)), `cut at ${left}`).toMatch(/truncated|cut|missing/);
  for (const [at, bit] of offsets(good.length, 100)) {
    const bad = flipped(good, at, bit);
    const told = await refusal(site, bad);
    if (told === '')
      expect(unpacked(bad), `bit ${bit} of byte ${at} changed what is in it`).toEqual(unpacked(good));
  }
});

test('an archive of several gzip members is read to the end, and refused when it ends between two of them', async () => {
  const site = oddSite();
  const tar = execFileSync('gzip', ['-dc', archiveByScript(site)]);
  const parts = [tar.subarray(0, 5_000), tar.subarray(5_000, -11_000), tar.subarray(-11_000)];
  const members = parts.map((part) => execFileSync('gzip', ['-c'], { input: part }));
  const path = join(site.root, 'members.tar.gz');
  writeFileSync(path, Buffer.concat(members));
  expect((await check(site, path)).reasons).toEqual([]);
  writeFileSync(path, Buffer.concat([...members, Buffer.alloc(70_000)]));
  expect((await check(site, path)).reasons, 'zeros after it are padding').toEqual([]);
  for (const count of [1, 2]) {
    writeFileSync(path, Buffer.concat(members.slice(0, count)));
    execFileSync('gzip', ['-t', path]);
    expect(await refusal(site, readFileSync(path))).toMatch(/cut|missing/);
  }
});

test.each([
  ['garbage', (inner: Buffer) => Buffer.concat([inner, Buffer.from('garbage')])],
  ['garbage after zeros', (inner: Buffer) => Buffer.concat([inner, Buffer.alloc(70_000), Buffer.from('x')])],
  ['a second archive', (inner: Buffer) => Buffer.concat([inner, inner])],
  ['a cut', (inner: Buffer) => inner.subarray(0, -8)],
])('%s at the end of the uploads inside an archive is refused', async (_name, damage) => {
  const site = oddSite();
  const uploads = join(site.root, 'uploads.tar.gz');
  execFileSync('tar', ['-czf', uploads, '-C', site.uploads, '.']);
  writeFileSync(uploads, damage(readFileSync(uploads)));
  const archive = archiveOf(site.root, { database: site.database, uploads });
  expect(await refusal(site, readFileSync(archive))).toMatch(/uploads.tar.gz.*(data after|truncated|gzip)/);
});

/** Names and sizes that each format has its own way to write. */
function oddSite(): Site {
  const site = buildSite({ own: false, rows: 100, files: 4 });
  const long = join(site.uploads, 'd'.repeat(90), 'e'.repeat(60));
  mkdirSync(long, { recursive: true });
  writeFileSync(join(long, 'f'.repeat(70)), 'a long path');
  writeFileSync(join(site.uploads, 'Gr\u00fc\u00dfe \u{1f4c4}.txt'), 'not ASCII');
  writeFileSync(join(site.uploads, 'empty'), '');
  return site;
}

async function check(site: Site, archive: string) {
  const uploadsFolder = join(site.root, 'staged');
  for (const folder of [uploadsFolder, site.scratch]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
  }
  const result = await checkBackup({ archive, folder: site.scratch, full: true, uploadsFolder }, context);
  return { ...result, uploadsFolder };
}

/** What one pass over such an archive complains about, before any check of its database; '' when nothing. */
async function refusal(site: Site, content: Buffer): Promise<string> {
  const archive = join(site.root, 'damaged.tar.gz');
  const databaseFile = join(site.root, 'damaged.sqlite');
  rmSync(databaseFile, { force: true });
  writeFileSync(archive, content);
  const reasons: string[] = [];
  const target = { archive, databaseFile, syncDatabase: false, manifest: undefined, extraction: undefined };
  await checkArchive({ ...target, onDatabase: () => undefined }, reasons, context);
  return reasons.join('; ');
}

/** The same places each time: seeded. */
function offsets(length: number, count: number): [number, number][] {
  const place = tuple(integer({ min: 40, max: length - 1 }), integer({ min: 0, max: 7 }));
  return sample(place, { numRuns: count, seed: 4 });
}

/**
 * A few bits mean nothing: the padding before a block that is stored as it is, which every reader skips. Whether they are
 * at the same place depends on the packer's version, so a flip there is known by what comes out: the same bytes.
 */
function unpacked(archive: Buffer): Buffer {
  return execFileSync('gzip', ['-dc'], { input: archive, maxBuffer: 64 * 2 ** 20 });
}

function flipped(good: Buffer, at: number, bit: number): Buffer {
  const bad = Buffer.from(good);
  bad[at] = (bad[at] ?? 0) ^ (1 << bit);
  return bad;
}
