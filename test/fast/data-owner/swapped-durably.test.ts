import { writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { look, swapDatabase } from '../../../activities/adapters/data-owner/files/swap-database.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { buildBackedUpSite, placeOf, stageArgs } from './support/restore-site.ts';
import { type DiskCall, watchDisk } from './support/watch-disk.ts';

const { stageRestore, swapInRestored, takeBackRestored, optimizeDatabase, restoreAside } = operations;

test('a restore that is swapped in, and taken back: a power cut never finds a record that is ahead of the disk', {
  timeout: 120_000,
}, async () => {
  const { site } = await buildBackedUpSite();
  const calls = await watchDisk();
  await stageRestore(stageArgs(site), context);
  leaveLog(site);
  const staged = calls.length;
  await swapInRestored(placeOf(site));
  expectVisible(calls.slice(staged), site);
  expect(flaws(calls.slice(staged), site)).toEqual([]);
  expect(shownUnsynced(calls, staged, [site.database, site.uploads])).toEqual([]);

  leaveLog(site);
  const swapped = calls.length;
  await takeBackRestored(placeOf(site));
  expectVisible(calls.slice(swapped), site);
  expect(flaws(calls.slice(swapped), site)).toEqual([]);
});

test('so it is with the swap of a database alone', async () => {
  const site = buildSite({ rows: 60, files: 1, own: false });
  leaveLog(site);
  const { database, asideDir } = site;
  const replacement = join(dirname(database), 'replacement');
  writeFileSync(replacement, 'tidied');
  const calls = await watchDisk();
  const seen = await look(database);
  const file = { bytes: 6, sha256: '' };
  const record = { format: 1 as const, runId: 'run-1', database, replacement: file, result: '' };
  await swapDatabase({ operation: 'test', asideDir, replacement, record, seen });
  expectVisible(calls, site);
  expect(flaws(calls, site)).toEqual([]);
});

test('a tidied database is on the disk before it takes the place of the original; so is what the way back sets aside', async () => {
  const site = buildSite({ rows: 60, files: 1, own: false });
  const { database, asideDir } = site;
  const calls = await watchDisk();
  await optimizeDatabase({ database, asideDir, runId: 'run-1' }, context);
  expectVisible(calls, site);
  expect(flaws(calls, site)).toEqual([]);
  expect(shownUnsynced(calls, 0, [database])).toEqual([]);

  const swapped = calls.length;
  leaveLog(site);
  await restoreAside({ database, asideDir, runId: 'run-1' }, context);
  expectVisible(calls.slice(swapped), site);
  expect(flaws(calls.slice(swapped), site)).toEqual([]);
});

/** A database that cannot be read keeps the log beside it: both have to move together. */
function leaveLog({ database }: Site): void {
  writeFileSync(database, 'no database');
  writeFileSync(`${database}-wal`, 'its log');
}

/** There is something to judge: another database got its name. */
function expectVisible(calls: readonly DiskCall[], { database }: Site): void {
  expect(calls).toContainEqual({ what: 'rename', from: expect.any(String), to: database });
}

/**
 * What a power cut could break. A folder is unsettled while a name in it came or went that was not synced. None may be
 * when a record says what comes next, nor at the end; and none around the database when another one gets its name.
 */
function flaws(calls: readonly DiskCall[], { database, asideDir }: Site): string[] {
  const found: string[] = [];
  const unsettled = new Set<string>();
  const synced = new Set<string>();
  const complain = (when: string, folders: Iterable<string>) => {
    for (const folder of folders) found.push(`${when}: ${basename(folder)} is not synced`);
  };
  for (const call of calls) {
    if (call.what === 'sync') {
      synced.add(call.path);
      unsettled.delete(call.path);
      continue;
    }
    if (call.what === 'mkdir') {
      unsettled.add(dirname(call.path));
      continue;
    }
    if (isRecord(call.to)) {
      complain(`record ${basename(call.to)}`, unsettled);
      if (!synced.has(call.from)) found.push(`the content of ${basename(call.from)} is not synced`);
    }
    if (call.what === 'rename' && call.to === database)
      complain(
        'another database',
        [dirname(database), asideDir].filter((folder) => unsettled.has(folder)),
      );
    unsettled.add(dirname(call.to));
    if (call.what === 'rename') unsettled.add(dirname(call.from));
  }
  complain('at the end', unsettled);
  return found;
}

function isRecord(path: string): boolean {
  return ['restore.json', 'aside.json'].includes(basename(path));
}

/** What was renamed to one of these places, or into it, from a call on, while its content was not on the disk. */
function shownUnsynced(calls: readonly DiskCall[], since: number, places: readonly string[]): string[] {
  return calls.flatMap((call, index) => {
    if (index < since || call.what !== 'rename') return [];
    if (!places.some((place) => call.to === place || dirname(call.to) === place)) return [];
    const isSynced = calls.slice(0, index).some((other) => other.what === 'sync' && other.path === call.from);
    return isSynced ? [] : [call.from];
  });
}
