import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';
import { type DiskCall, watchDisk } from './support/watch-disk.ts';

test('all that a restore goes on with is on the disk before it is recorded as staged', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  const { database, uploads, archive, manifest, asideDir } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  const calls = await watchDisk();
  await operations.stageRestore(stageArgs(site), context);
  const needed = ['restored-copy.sqlite', 'staged/database.sqlite', 'staged-uploads.jsonl.part'];
  expect(beforeRecord(calls)).toEqual(
    expect.arrayContaining([...needed.map((name) => join(asideDir, name)), asideDir]),
  );
});

test('so it is with a database that an earlier run set aside, and with its listing', async () => {
  const site = buildSite({ rows: 60, files: 3, own: false });
  const { database, uploads, asideDir, root } = site;
  const listing = join(root, 'scratch', 'uploads-window.jsonl');
  await operations.listUploads({ uploads, listing });
  const windowDir = join(root, 'data', '.fdts-ops-window');
  await operations.optimizeDatabase({ database, asideDir: windowDir, runId: 'window' }, context);
  const calls = await watchDisk();
  const original = join(windowDir, 'database.sqlite');
  await operations.stageDatabase({ ...placeOf(site), original, listing }, context);
  const needed = ['restored-copy.sqlite', 'staged/database.sqlite', 'staged-uploads.jsonl'];
  expect(beforeRecord(calls)).toEqual(
    expect.arrayContaining([...needed.map((name) => join(asideDir, name)), asideDir]),
  );
});

/** What was synced before the record of the restore was. */
function beforeRecord(calls: readonly DiskCall[]): string[] {
  const synced = calls.flatMap((call) => (call.what === 'sync' ? [call.path] : []));
  const record = synced.findIndex((path) => path.endsWith('restore.json.part'));
  return synced.slice(0, record);
}
