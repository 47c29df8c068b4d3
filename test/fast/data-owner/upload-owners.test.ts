import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OwnedEntry } from '../../../activities/adapters/data-owner/archive/extract-uploads.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import {
  chooseOwner,
  type KnownOwners,
} from '../../../activities/adapters/data-owner/restore/choose-owner.ts';
import { createDataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import type { Host } from '../../../activities/host.ts';
import { giveBackOwners } from '../../../activities/restores/restore-owners.ts';
import { smallHost } from '../activities/support/small-host.ts';
import { buildSite, context, dataOwner, newFolder, owner, type Site } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

/** Only root can make files of somebody else; CI is root. */
const isRoot = process.getuid?.() === 0;
const proxy = { uid: 20_033, gid: 20_033 };
/** More than a tar header has room for. */
const farGroup = 3_000_000_000;
const signal = new AbortController().signal;

/** Each step is a process of its own. */
const timeout = 180_000;

describe.runIf(isRoot)('a restore, as the owner of the data and with the help of root', { timeout }, () => {
  test('gives users, groups and modes back as they were, setgid of folders too', async () => {
    const site = mixedSite();
    const before = describeUploads(site);
    await backUp(site);
    const { lines } = await stage(site);
    expect((await stage(site)).lines, 'repeated').toEqual(lines);
    await dataOwner.swapInRestored(placeOf(site));
    expect(describeUploads(site)).toEqual(before);
    expect(lines).toEqual([
      'files and folders of the uploads: 4 belong to the user and group of then, which is not that of the data',
      'files and folders of the uploads that every user of the host may write, as in the backup: 1',
    ]);
    await dataOwner.takeBackRestored(placeOf(site));
    await dataOwner.discardStaged(placeOf(site));
    expect(describeUploads(site)).toEqual(before);
  });

  test('gives them back on a machine without uploads too, by the manifest', async () => {
    const site = mixedSite();
    const before = describeUploads(site);
    await backUp(site);
    rmSync(site.uploads, { recursive: true });
    mkdirSync(site.uploads);
    chownSync(site.uploads, owner.uid, owner.gid);
    await stage(site);
    await dataOwner.swapInRestored(placeOf(site));
    expect(describeUploads(site)).toEqual(before);
  });

  test('keeps a folder movable for the owner of the data, and says so', async () => {
    const site = mixedSite();
    const incoming = join(site.uploads, '2025', 'incoming');
    mkdirSync(incoming, { mode: 0o755 });
    chmodSync(incoming, 0o755);
    chownSync(incoming, proxy.uid, proxy.gid);
    await backUp(site);
    const { lines } = await stage(site);
    expect(lines[1]).toMatch(
      /^files and folders of the uploads: 1 belonged to another user, but are given to user/,
    );
    await dataOwner.swapInRestored(placeOf(site));
    expect(lstatSync(incoming)).toMatchObject({ uid: owner.uid, gid: proxy.gid });
  });

  test('keeps the group of the data where the folder beside the database hands on another one', async () => {
    const site = mixedSite();
    const before = describeUploads(site);
    chownSync(join(site.root, 'data'), owner.uid, proxy.gid);
    chmodSync(join(site.root, 'data'), 0o2770);
    await backUp(site);
    await stage(site);
    await dataOwner.swapInRestored(placeOf(site));
    expect(describeUploads(site)).toEqual(before);
  });

  test('gives nothing to numbers that only the archive knows, whatever program made it', async () => {
    const site = mixedSite();
    const archive = archiveByTar(site, ['--owner=0', '--group=4']);
    const { lines } = await stage(site, { archive });
    expect(lines[0]).toMatch(
      /: \d+ belonged to a user or group that neither the uploads here nor the manifest know/,
    );
    const staged = describeUploads({ uploads: join(site.asideDir, 'staged-uploads') });
    expect(staged.filter((line) => !line.includes(` ${owner.uid}:${owner.gid} `))).toEqual([]);
  });

  test('says what could not be given back, and restores all the same', async () => {
    const site = mixedSite();
    await backUp(site);
    const { lines } = await stage(site, {
      giveOwners: () =>
        Promise.reject(
          new OperationError({
            code: 'MAY_NOT_BECOME_OWNER',
            operation: 'giveOwners',
            target: 'process as uid 0',
            cause: 'not permitted',
            hint: 'Give it the capability.',
            retryable: false,
          }),
        ),
    });
    expect(lines[0]).toMatch(/^up to 4 .*NOT ALL OF THEM DO NOW: .*not permitted.*Give it the capability/);
    await dataOwner.swapInRestored(placeOf(site));
  });

  test('changes nothing that was not extracted: no link is followed, no second name, no file of somebody else', async () => {
    const [folder, outside] = [newFolder(), newFolder()];
    const entries = ['file', 'way/secret', 'end', 'second-name', 'of-root', '../escaped', 'gone'].map(
      entryAt,
    );
    for (const path of [join(folder, 'file'), join(outside, 'secret'), join(folder, 'of-root')])
      writeFileSync(path, 'x');
    for (const path of [join(folder, 'file'), join(outside, 'secret')]) chownSync(path, owner.uid, owner.gid);
    symlinkSync(outside, join(folder, 'way'));
    symlinkSync(join(outside, 'secret'), join(folder, 'end'));
    linkSync(join(outside, 'secret'), join(folder, 'second-name'));
    const known = { here: owner, before: null, live: [proxy], manifest: [], isSticky: false };
    const given = await operations.giveOwners({ folder, entries, known }, context);
    expect(given).toEqual({ given: 1, unknown: 0, stay: 0, left: 6 });
    expect(lstatSync(join(folder, 'file'))).toMatchObject(proxy);
    expect(lstatSync(join(outside, 'secret'))).toMatchObject(owner);
    expect(lstatSync(join(folder, 'of-root'))).toMatchObject({ uid: 0, gid: 0 });
    expect(readdirSync(outside)).toEqual(['secret']);
  });
});

const known: KnownOwners = {
  here: { uid: 1_000, gid: 1_000 },
  before: { uid: 500, gid: 500 },
  live: [{ uid: 1_000, gid: 33 }],
  manifest: [
    { uid: 0, gid: 4 },
    { uid: 77, gid: 500 },
  ],
  isSticky: false,
};

test.each<[string, Partial<OwnedEntry>, Partial<KnownOwners>, [number, number, string | null]]>([
  ['the owner of the data of then is the one of now', { uid: 500, gid: 500 }, {}, [1_000, 1_000, null]],
  ['a group that the uploads here have', { uid: 500, gid: 33 }, {}, [1_000, 33, null]],
  ['a user and a group that the manifest has', { uid: 77, gid: 4 }, {}, [77, 4, null]],
  ['a user that nothing knows', { uid: 78, gid: 33 }, {}, [1_000, 33, 'unknown']],
  ['a group that nothing knows', { uid: 77, gid: 42 }, {}, [77, 1_000, 'unknown']],
  ['a number that the archive does not tell', { uid: -1, gid: -1 }, {}, [1_000, 1_000, 'unknown']],
  ['root by the manifest alone', { uid: 0, gid: 500 }, {}, [1_000, 1_000, 'unknown']],
  [
    'root, of which the uploads here have files',
    { uid: 0, gid: 0 },
    { live: [{ uid: 0, gid: 0 }] },
    [0, 0, null],
  ],
  [
    'a folder that its owner of then alone may write',
    { uid: 77, gid: 33, isFolder: true },
    {},
    [1_000, 33, 'stays'],
  ],
  ['a folder that everybody may write', { uid: 77, isFolder: true, mode: 0o777 }, {}, [77, 1_000, null]],
  [
    'a folder that the group of the data may write',
    { uid: 77, isFolder: true, mode: 0o2770 },
    {},
    [77, 1_000, null],
  ],
  [
    'a folder that the group of others may write',
    { uid: 77, gid: 33, isFolder: true, mode: 0o770 },
    {},
    [1_000, 33, 'stays'],
  ],
  ['a file directly in uploads that are sticky', { uid: 77 }, { isSticky: true }, [1_000, 1_000, 'stays']],
  [
    'a file deeper in uploads that are sticky',
    { uid: 77, path: 'a/b' },
    { isSticky: true },
    [77, 1_000, null],
  ],
])('whom an entry is given to: %s', (_what, entry, change, [uid, gid, kept]) => {
  const whole = { path: 'photo.jpg', isFolder: false, mode: 0o755, uid: 500, gid: 500, ...entry };
  expect(chooseOwner(whole, { ...known, ...change })).toEqual({ uid, gid, kept });
});

/** A site whose proxy reads some of the uploads by its group, and whose import job, another user, left a file. */
function mixedSite(): Site {
  const site = buildSite({ rows: 60, files: 5 });
  const at = (name: string) => join(site.uploads, name);
  mkdirSync(at('shared'));
  for (const [name, uid, gid, mode] of [
    ['shared', owner.uid, proxy.gid, 0o2750],
    ['shared/photo.jpg', owner.uid, proxy.gid, 0o640],
    ['imported.csv', proxy.uid, proxy.gid, 0o644],
    ['far.csv', owner.uid, farGroup, 0o600],
    ['open.log', owner.uid, owner.gid, 0o666],
  ] as const) {
    if (name !== 'shared') writeFileSync(at(name), name);
    chownSync(at(name), uid, gid);
    chmodSync(at(name), mode);
  }
  return site;
}

function backUp({ database, uploads, archive, manifest }: Site) {
  return dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-0' });
}

/** Stages as the activity does: extracted as the owner of the data, given back by root. */
async function stage(
  site: Site,
  { archive, giveOwners }: { archive?: string; giveOwners?: Host['asRoot']['giveOwners'] } = {},
) {
  const { manifest: _, ...foreign } = { ...stageArgs(site), archive: archive ?? '' };
  const { owners } = await dataOwner.stageRestore(archive === undefined ? stageArgs(site) : foreign);
  const { config } = smallHost(site);
  const root = createDataOwner({ owner: { uid: 0, gid: 0 }, pace: 'fast' });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- owners are given by these alone
  const host = {
    config: { ...config, data: { ...config.data, owner } },
    data: dataOwner,
    asRoot: { giveOwners: giveOwners ?? root.giveOwners },
  } as unknown as Host;
  return { lines: await giveBackOwners(host, { asideDir: site.asideDir, owners }, { signal }) };
}

/** One line for everything in the uploads: name, user and group, mode. */
function describeUploads({ uploads }: Pick<Site, 'uploads'>): string[] {
  const found = execFileSync('find', [uploads, '-mindepth', '1', '-printf', String.raw`%P %U:%G %m\n`]);
  return found.toString().split('\n').filter(Boolean).sort();
}

function archiveByTar(site: Site, options: readonly string[]): string {
  const work = join(site.root, 'work');
  mkdirSync(work);
  execFileSync('sqlite3', [site.database, `.backup '${work}/database.sqlite'`]);
  execFileSync('tar', ['-czf', `${work}/uploads.tar.gz`, ...options, '-C', site.uploads, '.']);
  const archive = join(site.backups, 'fdts_backup_20260105_020000.tar.gz');
  execFileSync('tar', ['-czf', archive, '-C', work, 'database.sqlite', 'uploads.tar.gz']);
  chownSync(archive, owner.uid, owner.gid);
  return archive;
}

function entryAt(path: string): OwnedEntry {
  return { path, isFolder: false, mode: 0o644, ...proxy };
}
