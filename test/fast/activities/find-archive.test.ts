import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { OperationError } from '../../../activities/adapters/operation-error.ts';
import { adviceOnCopies, allNewestFirst, findArchive } from '../../../activities/backups/find-archive.ts';
import { passedOverChecks } from '../../../activities/backups/passed-over.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import type { Host } from '../../../activities/host.ts';
import { restoreMutations } from '../../../activities/restores/restores.ts';
import { remarkLines } from '../../../workflows/procedures/restore-backup-plan.ts';
import { buildSite, context, type Site } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';

let site: Site;
let external: string;
beforeEach(() => {
  site = buildSite({ rows: 9, files: 1, own: false });
  external = join(site.root, 'external');
  mkdirSync(external);
  for (const [folder, day] of [
    [site.backups, '04'],
    [site.backups, '05'],
    [external, '06'],
  ])
    writeFileSync(join(folder ?? '', `fdts_backup_202601${day}_020000.tar.gz`), 'twelve bytes');
});

const find = (name: string | null) =>
  findArchive(smallHost(site, { external }), name, new AbortController().signal);

async function verify(folder: string, day: string, { partial = false } = {}): Promise<string> {
  const archive = join(folder, `fdts_backup_202601${day}_020000.tar.gz`);
  const seen = { bytes: 12, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 }, partial };
  await operations.recordVerified({ archive, ...seen, mode: 'full', source: 'fdts-ops' }, context);
  return archive;
}

test('without a name it is the newest verified one, and a newer one that was not is named', async () => {
  const archive = await verify(site.backups, '04');
  expect(await find(null)).toMatchObject({
    archive,
    told: expect.stringMatching(/the newest verified one; newer, not verified: .*20260106/),
  });
  const newest = await verify(external, '06');
  expect(await find(null)).toMatchObject({ archive: newest, told: `${newest}, the newest verified one` });
});

test('a whole one is taken before newer partial ones, and the newest of these is named with what takes it', async () => {
  const whole = await verify(site.backups, '04');
  await verify(site.backups, '05', { partial: true });
  const partial = await verify(external, '06', { partial: true });
  const found = await find(null);
  expect(found).toMatchObject({ archive: whole, passedOver: partial });
  expect(found.told).toContain(`the newest verified one that is whole; newer, verified, PARTIAL: ${partial}`);
  expect(found.told).not.toContain('not verified');
  const [atTheGate] = remarkLines(passedOverChecks(found, { asks: true }));
  expect(atTheGate).toContain(`${whole} is the newest whole one; newer, verified, PARTIAL: ${partial}`);
  expect(atTheGate).toContain(`to take that one: abort, then start again with {"archive":"${partial}"}`);
  const unproven = join(site.backups, 'fdts_backup_20260107_020000.tar.gz');
  writeFileSync(unproven, 'twelve bytes');
  expect((await find(null)).told).toMatch(/PARTIAL: .*20260106.*; newer, not verified: .*20260107/);
  // Whoever names one has seen both.
  expect(await find(whole)).toMatchObject({ archive: whole, passedOver: null });
  expect(await find(partial)).toMatchObject({ archive: partial, passedOver: null });
});

test('where every verified one is partial the newest is taken, and called so', async () => {
  const partial = await verify(external, '06', { partial: true });
  await verify(site.backups, '05', { partial: true });
  expect(await find(null)).toMatchObject({
    archive: partial,
    passedOver: null,
    told: expect.stringContaining('the newest; verified, PARTIAL'),
  });
});

test('when none was verified it is the newest, and that is said', async () => {
  const { archive, told } = await find(null);
  expect(archive).toBe(join(external, 'fdts_backup_20260106_020000.tar.gz'));
  expect(told).toContain('none that is whole was fully verified before');
});

test('one that is dated ahead of the clock is chosen by its name alone, and is the last to be tried', async () => {
  const name = 'fdts_backup_20990101_000000.tar.gz';
  const ahead = join(site.backups, name);
  writeFileSync(ahead, 'twelve bytes');
  const seen = { bytes: 12, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 } };
  await operations.recordVerified({ archive: ahead, ...seen, mode: 'full', source: 'fdts-ops' }, context);
  const archive = await verify(site.backups, '05');
  expect(await find(null)).toMatchObject({
    archive,
    told: expect.stringContaining(`not chosen, since it is dated ahead of the clock: ${ahead}`),
  });
  expect(await find(name)).toMatchObject({ archive: ahead });
  const { archives } = await allNewestFirst(smallHost(site, { external }), new AbortController().signal);
  expect(archives.at(-1)?.archive).toBe(ahead);
  for (const day of ['04', '05']) rmSync(join(site.backups, `fdts_backup_202601${day}_020000.tar.gz`));
  rmSync(join(external, 'fdts_backup_20260106_020000.tar.gz'));
  await expect(find(null)).rejects.toThrow(/not dated ahead of the clock: see that the clock is right/);
});

/** As another host's backup lies on storage that both share: by its manifest, or a record where its own script made it. */
async function ofHost(host: string, folder: string, day: string, source: 'fdts-ops' | 'site' = 'fdts-ops') {
  const name = `fdts_backup_202601${day}_020000.tar.gz`;
  const archive = join(folder, name);
  writeFileSync(archive, 'twelve bytes');
  const manifest = { format: 1, createdAt: `2026-01-${day}T02:00:00.000Z`, runId: 'r', host, archive: name };
  if (source === 'fdts-ops')
    writeFileSync(`${archive}.manifest.json`, JSON.stringify({ ...manifest, database: {} }, undefined, 1));
  const seen = { bytes: 12, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 } };
  await operations.recordVerified(
    { archive, ...seen, mode: 'full', source, ...(source === 'site' && { host }) },
    context,
  );
  return archive;
}

test.each(['fdts-ops', 'site'] as const)(
  'a newer verified one of another host (%s) is taken only when it is named, and that is told',
  async (source) => {
    const own = await verify(site.backups, '05');
    const other = await ofHost('web-2', external, '07', source);
    const found = await find(null);
    expect(found).toMatchObject({ archive: own, otherHost: null });
    expect(found.told).toContain(`left out: 1 of another host (web-2) in ${external}`);
    for (const name of [other, 'fdts_backup_20260107_020000.tar.gz'])
      expect(await find(name)).toMatchObject({
        archive: other,
        otherHost: 'web-2',
        told: expect.stringContaining('OF ANOTHER HOST: web-2 made it, and this is web-1'),
      });
    const { archives, unread } = await allNewestFirst(
      smallHost(site, { external }),
      new AbortController().signal,
    );
    expect(archives.map(({ archive }) => archive)).not.toContain(other);
    expect(unread).toEqual([expect.stringContaining('(web-2)')]);
    // Verified again by whoever finds it there, it stays the other host's.
    const seen = { bytes: 12, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 } };
    await operations.recordVerified({ archive: other, ...seen, mode: 'full', source }, context);
    expect(await find(null)).toMatchObject({ archive: own });
  },
);

test('of two with one name the one of this host goes first, and is no copy of the other', async () => {
  const own = join(site.backups, 'fdts_backup_20260105_020000.tar.gz');
  await ofHost('web-2', external, '05');
  expect(await find('fdts_backup_20260105_020000.tar.gz')).toMatchObject({ archive: own, otherHost: null });
  const signal = new AbortController().signal;
  expect(await adviceOnCopies(smallHost(site, { external }), own, signal)).toBe('');
});

test("what lies in this host's own folder is its own, also under an earlier name of it", async () => {
  const renamed = await ofHost('web-1-old', site.backups, '08');
  expect(await find(null)).toMatchObject({ archive: renamed, otherHost: null });
});

test('a new machine takes over from the only host that has backups there; of two, one has to be named', async () => {
  for (const day of ['04', '05']) rmSync(join(site.backups, `fdts_backup_202601${day}_020000.tar.gz`));
  rmSync(join(external, 'fdts_backup_20260106_020000.tar.gz'));
  const old = await ofHost('web-2', external, '07');
  const host = smallHost(site, { external });
  const signal = new AbortController().signal;
  await expect(findArchive(host, null, signal)).rejects.toThrow(/left out: 1 of another host \(web-2\)/);
  const taken = await findArchive(host, null, signal, { takesOver: true });
  expect(taken).toMatchObject({ archive: old, otherHost: 'web-2' });
  await ofHost('web-3', external, '08');
  await expect(findArchive(host, null, signal, { takesOver: true })).rejects.toThrow(/\(web-2, web-3\)/);
});

test('an archive of which nobody knows who made it keeps no new machine from the newest of the host that it replaces', async () => {
  for (const day of ['04', '05']) rmSync(join(site.backups, `fdts_backup_202601${day}_020000.tar.gz`));
  const newest = await ofHost('web-2', external, '07');
  const host = smallHost(site, { external });
  const signal = new AbortController().signal;
  expect(await find(null)).toMatchObject({ archive: join(external, 'fdts_backup_20260106_020000.tar.gz') });
  expect(await findArchive(host, null, signal, { takesOver: true })).toMatchObject({ archive: newest });
  await ofHost('web-3', external, '08');
  const taken = findArchive(host, null, signal, { takesOver: true });
  await expect(taken).rejects.toThrow(/those of several hosts are there \(web-2, web-3\): name one/);
});

test('by its file name, here or on external storage; another name is refused with those that there are', async () => {
  expect((await find('fdts_backup_20260106_020000.tar.gz')).archive).toContain(external);
  await expect(find('../../etc/passwd')).rejects.toMatchObject({
    code: 'NO_ARCHIVE',
    hint: expect.stringContaining('fdts_backup_20260105_020000.tar.gz'),
  });
});

test('of two copies the verified one goes first, a path means that copy, and a bad one names its good copy', async () => {
  const name = 'fdts_backup_20260105_020000.tar.gz';
  const here = join(site.backups, name);
  const there = join(external, name);
  writeFileSync(there, 'twelve bytes');
  expect(await find(name)).toMatchObject({ archive: here, told: expect.stringContaining(there) });
  await verify(external, '05');
  expect(await find(name)).toMatchObject({
    archive: there,
    told: `${there}, as named; also there: its copy ${here}, which no verification proved`,
  });
  expect(await find(here)).toMatchObject({ archive: here });
  rmSync(join(external, 'fdts_backup_20260106_020000.tar.gz'));
  expect(await find(null)).toMatchObject({
    archive: there,
    told: `${there}, the newest verified one; ${here} is not proven, or was found bad`,
  });
  const signal = new AbortController().signal;
  expect(await adviceOnCopies(smallHost(site, { external }), here, signal)).toMatch(
    /its copy .*external.*, which was verified on 20.*: \{"archive":".*external.*"\}/,
  );
});

test('a folder that cannot be read is told, for the newest may lie there', async () => {
  await verify(external, '06');
  const host = smallHost(site, { external, folder: join(site.root, 'gone') });
  const signal = new AbortController().signal;
  expect(await findArchive(host, null, signal)).toMatchObject({
    mayBeOlder: true,
    told: expect.stringMatching(/the newest verified one; folder .*gone could not be read: .*ENOENT/),
  });
  const named = await findArchive(host, 'fdts_backup_20260106_020000.tar.gz', signal);
  expect(named).toMatchObject({ mayBeOlder: false, told: expect.stringContaining('gone could not be read') });
  await expect(findArchive(host, 'fdts_backup_20260105_020000.tar.gz', signal)).rejects.toThrow(
    /expected the file name of one of them; folder .*gone could not be read/,
  );
  const { archives, unread } = await allNewestFirst(host, signal);
  expect(archives).toHaveLength(1);
  expect(unread).toEqual([expect.stringContaining('gone could not be read')]);
});

test('an archive that is found bad while it is staged says which copy of it is good', async () => {
  const here = join(site.backups, 'fdts_backup_20260105_020000.tar.gz');
  writeFileSync(join(external, 'fdts_backup_20260105_020000.tar.gz'), 'twelve bytes');
  const good = await verify(external, '05');
  const small = smallHost(site, { external });
  const invalid = {
    code: 'BACKUP_INVALID',
    operation: 'stageRestore',
    target: here,
    cause: 'its hash is another one',
    hint: 'choose another backup',
    retryable: false,
  };
  const data = {
    ...small.data,
    stageRestore: () => Promise.reject(new OperationError(invalid)),
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- of a host staging uses these alone
  const host = { ...small, data } as unknown as Host;
  const staged = restoreMutations(host).stageRestore(
    { ...run(), effects: new Effects(false) },
    { archive: here, hasManifest: false },
  );
  await expect(staged).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
    hint: expect.stringContaining(`{"archive":"${good}"}`),
  });
});
