import fs, { chmodSync, chownSync, existsSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import type { DataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { corruptionMutations } from '../../../activities/restores/corruption.ts';
import {
  buildSite,
  context,
  dataOwner,
  dateByName,
  ownAll,
  type Site,
} from '../data-owner/support/build-site.ts';
import { withFailingWrite } from '../data-owner/support/failing-writes.ts';
import { run, smallHost } from './support/small-host.ts';

const archiveOf = ({ backups }: Site, day: string) => join(backups, `fdts_backup_202601${day}_020000.tar.gz`);

/** A site with real backups of these days, each of them fully verified. */
async function backedUp(days: readonly string[], own = false): Promise<Site> {
  const site = buildSite({ rows: 30, files: 2, own: false });
  const { database, uploads } = site;
  for (const day of days) {
    const archive = archiveOf(site, day);
    const manifest = `${archive}.manifest.json`;
    const made = await operations.createBackup({ database, uploads, archive, manifest, runId: day }, context);
    dateByName(archive);
    const seen = { bytes: made.bytes, sha256: made.sha256, tables: {}, uploads: { count: 2, bytes: 1 } };
    await operations.recordVerified({ archive, ...seen, mode: 'full', source: 'fdts-ops' }, context);
  }
  if (own) ownAll(site.root);
  return site;
}

/** In this process, or in that of the owner of the data where the rights of another user matter. */
const inThisProcess = {
  listBackups: (args) => operations.listBackups(args),
  stageRestore: (args) => operations.stageRestore(args, context),
  recordVerified: (args) => operations.recordVerified(args, context),
  findOwners: (args) => operations.findOwners(args),
  readOwners: (args) => operations.readOwners(args),
} satisfies Partial<DataOwner>;

const asRoot = { giveOwners: (args) => operations.giveOwners(args, context) } satisfies Partial<DataOwner>;

function stageNewestGood(site: Site, data: Partial<DataOwner> = inThisProcess) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host staging uses these alone
  const host = { ...smallHost(site), data, asRoot } as unknown as Host;
  return corruptionMutations(host).stageNewestGood({ ...run(), effects: new Effects(false) }, {});
}

/** From now on the disk answers so when this file is read; what was read before stays. */
function failToRead(file: string, code: string): void {
  const { createReadStream } = fs;
  const error = Object.assign(new Error(`${code}: i/o error, read`), { code });
  const broken = () => new Readable({ read: () => undefined }).destroy(error);
  vi.spyOn(fs, 'createReadStream').mockImplementation((path, options) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is only read from
    path === file ? (broken() as fs.ReadStream) : createReadStream(path, options),
  );
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
}

test('an archive that its owner may not read is no reason to leave the older good ones: it is told, and keeps its record', async () => {
  const site = await backedUp(['04', '05', '06'], true);
  const newest = archiveOf(site, '06');
  if (process.getuid?.() === 0) chownSync(newest, 0, 0);
  chmodSync(newest, process.getuid?.() === 0 ? 0o600 : 0);
  const cut = archiveOf(site, '05');
  truncateSync(cut, statSync(cut).size - 200);
  const { stageRestore } = dataOwner;
  const found = await stageNewestGood(site, { ...inThisProcess, stageRestore });
  expect(found.staged?.archive).toBe(archiveOf(site, '04'));
  expect(found.bad).toEqual([{ archive: cut, why: expect.stringContaining('truncated') }]);
  expect(found.unread).toEqual([
    expect.stringMatching(
      /^archive .*20260106_020000\.tar\.gz could not be read: .*EACCES.*configured owner/,
    ),
  ]);
  expect(existsSync(`${newest}.verified.json`)).toBe(true);
  expect(existsSync(`${cut}.verified.json`)).toBe(false);
});

test.each(['EIO', 'ESTALE'])('one whose disk answers %s is passed over too', async (code) => {
  const site = await backedUp(['04', '05']);
  failToRead(archiveOf(site, '05'), code);
  const { staged, bad, unread } = await stageNewestGood(site);
  expect(staged?.archive).toBe(archiveOf(site, '04'));
  expect({ bad, unread }).toEqual({ bad: [], unread: [expect.stringContaining(`${code}: i/o error, read`)] });
  expect(existsSync(`${archiveOf(site, '05')}.verified.json`)).toBe(true);
});

test('one that retention removes meanwhile, or whose manifest cannot be read, is passed over too', async () => {
  const site = await backedUp(['04', '05', '06']);
  const listBackups: DataOwner['listBackups'] = async (args) => {
    const listed = await operations.listBackups(args);
    rmSync(archiveOf(site, '06'));
    const manifest = `${archiveOf(site, '05')}.manifest.json`;
    rmSync(manifest);
    fs.mkdirSync(manifest);
    return listed;
  };
  const { staged, unread } = await stageNewestGood(site, { ...inThisProcess, listBackups });
  expect(staged?.archive).toBe(archiveOf(site, '04'));
  expect(unread).toEqual([
    expect.stringMatching(/20260106.*ENOENT/),
    expect.stringMatching(/20260105.*manifest\.json: EISDIR/),
  ]);
});

test('when no archive can be read there is no good one, and each of them is told', async () => {
  const site = await backedUp(['04']);
  failToRead(archiveOf(site, '04'), 'EIO');
  expect(await stageNewestGood(site)).toEqual({
    staged: null,
    bad: [],
    unread: [expect.stringContaining('20260104')],
  });
});

test('a failure of the place that it is extracted to ends the search: the next archive would meet it too', async () => {
  const site = await backedUp(['04', '05']);
  const attempt = await withFailingWrite('ENOSPC', 1, () => stageNewestGood(site));
  expect(attempt.error).toMatchObject({ code: 'DISK_FULL' });
});

test('so does one of the whole process: it says nothing about the archive', async () => {
  const site = await backedUp(['04', '05']);
  failToRead(archiveOf(site, '05'), 'EMFILE');
  await expect(stageNewestGood(site)).rejects.toMatchObject({ code: 'UNEXPECTED', retryable: true });
});

test('a worker that is killed once the good one is extracted: the repeat still knows which newer ones are bad', async () => {
  const site = await backedUp(['04', '05']);
  const bad = archiveOf(site, '05');
  truncateSync(bad, statSync(bad).size - 200);
  rmSync(`${bad}.manifest.json`);
  const first = await stageNewestGood(site);
  const repeated = await stageNewestGood(site);
  expect(repeated).toEqual(first);
  expect(repeated).toMatchObject({
    staged: { archive: archiveOf(site, '04') },
    bad: [{ archive: bad, why: expect.stringContaining('truncated') }],
  });
  const record = JSON.parse(fs.readFileSync(`${archiveOf(site, '04')}.verified.json`, 'utf8'));
  expect(record).toMatchObject({ source: 'fdts-ops', mode: 'full' });
});

test.each([true, false])(
  'uploads that nobody may move are in the way of a backup that is whole (%s), not of one of which they stay',
  async (isWhole) => {
    const site = await backedUp(['05'], true);
    if (!isWhole) rmSync(`${archiveOf(site, '05')}.manifest.json`);
    // A folder that moves to another parent has to be writable itself.
    mkdirSync(join(site.uploads, 'of-root'), 0o755);
    const { stageRestore } = dataOwner;
    const found = stageNewestGood(site, { ...inThisProcess, stageRestore });
    if (isWhole) await expect(found).rejects.toMatchObject({ code: 'NOT_SWAPPABLE' });
    else expect((await found).staged).toMatchObject({ archive: archiveOf(site, '05'), keepsUploads: true });
  },
);

test('an uploads folder that is gone is told as it is, with the command that makes it, before anything is extracted', async () => {
  const site = await backedUp(['05']);
  rmSync(`${archiveOf(site, '05')}.manifest.json`);
  rmSync(site.uploads, { recursive: true });
  await expect(stageNewestGood(site)).rejects.toMatchObject({
    code: 'NOT_SWAPPABLE',
    cause: expect.stringContaining(`${site.uploads} is missing`),
    hint: expect.stringContaining(site.uploads),
  });
});

test('uploads that may not be read are kept', async () => {
  const site = await backedUp(['05'], true);
  rmSync(`${archiveOf(site, '05')}.manifest.json`);
  for (const name of fs.readdirSync(site.uploads)) rmSync(join(site.uploads, name), { recursive: true });
  mkdirSync(join(site.uploads, 'of-root'), 0o700);
  const { stageRestore } = dataOwner;
  expect((await stageNewestGood(site, { ...inThisProcess, stageRestore })).staged).toMatchObject({
    keepsUploads: true,
  });
});
