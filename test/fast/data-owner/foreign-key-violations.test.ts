import { readFileSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, readRows, type Site } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

const { createBackup, verifyBackup, stageRestore, swapInRestored, restoreFromBackup } = operations;

const AS_BEFORE =
  '2 rows of the database violate foreign keys, as 2 of the live database did when it was made';

test('rows that violate foreign keys go through backup, verification and restore, and are told', async () => {
  const site = await backedUp();
  const { archive, manifest, scratch, database, asideDir } = site;
  const verified = await verifyBackup({ archive, manifest, scratch, full: true }, context);
  expect(verified).toMatchObject({ ok: true, findings: [AS_BEFORE], notProven: [AS_BEFORE] });
  expect((await stageRestore(stageArgs(site), context)).findings).toEqual([AS_BEFORE]);
  await swapInRestored(placeOf(site));
  expect(readRows(database)).toMatchObject({ users: 39, integrity: 'ok' });
  const restore = { archive, manifest, scratch, database, asideDir: `${asideDir}-2`, runId: 'run-2' };
  expect(await restoreFromBackup(restore, context)).toMatchObject({ hadOriginal: true });
});

test('one more than the manifest says is refused, whatever is configured', async () => {
  const site = await backedUp();
  const { archive, manifest, scratch } = site;
  rewriteManifest(site, '"foreignKeyViolations": 1');
  for (const allowForeignKeyViolations of [false, true]) {
    const verified = verifyBackup(
      { archive, manifest, scratch, full: true, allowForeignKeyViolations },
      context,
    );
    await expect(verified).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
    await expect(verified).rejects.toThrow(
      /2 rows of the database violate foreign keys, the manifest says that 1 of the live database did/,
    );
  }
  await expect(stageRestore(stageArgs(site), context)).rejects.toMatchObject({ code: 'BACKUP_INVALID' });
});

test('where no manifest says how many there were they are refused, with the setting that accepts them', async () => {
  const site = await backedUp();
  const { archive, scratch } = site;
  const bySite = { archive, scratch, full: true };
  await expect(verifyBackup(bySite, context)).rejects.toThrow(
    /no manifest says .* set data\.allowForeignKeyViolations: true/,
  );
  const allowed = await verifyBackup({ ...bySite, allowForeignKeyViolations: true }, context);
  expect(allowed.notProven).toEqual([
    expect.stringContaining('which data.allowForeignKeyViolations accepts'),
  ]);

  rewriteManifest(site, '"by an earlier version": 0');
  await expect(stageRestore(stageArgs(site), context)).rejects.toThrow(
    /its manifest, of an earlier version, does not say .* set data\.allowForeignKeyViolations: true/,
  );
  const staged = await stageRestore({ ...stageArgs(site), allowForeignKeyViolations: true }, context);
  expect(staged.findings).toEqual([expect.stringContaining('accepts')]);
});

/** A site whose app keeps no foreign keys, and its backup. */
async function backedUp(): Promise<Site> {
  const site = buildSite({ rows: 60, files: 2, own: false });
  const { database, uploads, archive, manifest } = site;
  const app = new Database(database);
  app.pragma('foreign_keys = OFF');
  app.exec('DELETE FROM users WHERE id = 1; UPDATE audit_logs SET user_id = 999999 WHERE id = 2');
  app.close();
  const made = await createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
  expect(made.database.foreignKeyViolations).toBe(2);
  return site;
}

function rewriteManifest({ manifest }: Site, instead: string): void {
  const text = readFileSync(manifest, 'utf8');
  expect(text).toContain('"foreignKeyViolations": 2');
  writeFileSync(manifest, text.replace('"foreignKeyViolations": 2', instead));
}
