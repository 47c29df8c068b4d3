import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildProject, make } from '../configuration-bundle/support/build-project.ts';
import { buildSite, context, type Site } from './support/build-site.ts';
import { type DiskCall, watchDisk } from './support/watch-disk.ts';

// Each is a pair: a file, and the manifest beside it that says what it must contain.

test('a backup has its name only when it is on the disk, and its manifest before it', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  const calls = await watchDisk();
  await backUp(site);
  expect(flaws(calls, site.archive)).toEqual([]);
  const before = calls.length;
  await backUp(site);
  expect(synced(calls.slice(before)), 'an earlier attempt may have been killed').toContain(site.backups);
});

test('so it is with the second copy on external storage', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  await backUp(site);
  const external = join(site.root, 'external');
  mkdirSync(external);
  const calls = await watchDisk();
  const copy = join(external, basename(site.archive));
  const args = { from: site.archive, to: copy, withManifest: true };
  await operations.copyVerified(args, context);
  expect(flaws(calls, copy)).toEqual([]);
  const before = calls.length;
  await operations.copyVerified(args, context);
  expect(synced(calls.slice(before)), 'an earlier attempt may have been killed').toContain(external);
});

test('so it is with the bundle of the configuration', async () => {
  const project = await buildProject();
  const calls = await watchDisk();
  await make(project);
  expect(flaws(calls, project.bundle)).toEqual([]);
  const before = calls.length;
  await make(project);
  expect(synced(calls.slice(before)), 'an earlier attempt may have been killed').toContain(project.backups);
});

test('and with the record that an archive was verified', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  const { archive } = site;
  const { bytes, sha256, uploads, database } = await backUp(site);
  const calls = await watchDisk();
  const seen = { archive, bytes, sha256, uploads, tables: database.tables, source: 'fdts-ops' } as const;
  await operations.recordVerified({ ...seen, mode: 'full' }, context);
  expect(named(calls, `${archive}.verified.json`)).toHaveLength(1);
  expect(unsynced(calls, `${archive}.verified.json`)).toEqual([]);
  const before = calls.length;
  await operations.forgetVerified({ archive }, context);
  expect(synced(calls.slice(before))).toContain(site.backups);
});

function backUp({ database, uploads, archive, manifest }: Site) {
  return operations.createBackup({ database, uploads, archive, manifest, runId: 'run-1' }, context);
}

/** What a power cut could break of a file and its manifest; the manifest has to be there first. */
function flaws(calls: readonly DiskCall[], path: string): string[] {
  const manifest = `${path}.manifest.json`;
  const [first, last] = [named(calls, manifest)[0] ?? -1, named(calls, path)[0] ?? -1];
  if (first === -1 || last === -1) return ['there is nothing to judge: no name was given'];
  const between = synced(calls.slice(first, last));
  return [
    ...unsynced(calls, manifest),
    ...unsynced(calls, path),
    ...(between.includes(dirname(path)) ? [] : ['the manifest has no lasting name before the file has one']),
  ];
}

/** Whether the content was on the disk before it got this name, and the name after. */
function unsynced(calls: readonly DiskCall[], path: string): string[] {
  return named(calls, path).flatMap((index) => {
    const call = calls[index];
    const from = call !== undefined && 'from' in call ? call.from : '';
    return [
      ...(synced(calls.slice(0, index)).includes(from) ? [] : [`the content of ${basename(path)}`]),
      ...(synced(calls.slice(index)).includes(dirname(path)) ? [] : [`the name of ${basename(path)}`]),
    ];
  });
}

/** Where in the calls a file got this name. */
function named(calls: readonly DiskCall[], path: string): number[] {
  return calls.flatMap((call, index) => ('to' in call && call.to === path ? [index] : []));
}

function synced(calls: readonly DiskCall[]): string[] {
  return calls.flatMap((call) => (call.what === 'sync' ? [call.path] : []));
}
