import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { atEveryKill } from './support/at-every-kill.ts';
import { context, readRows, type Site } from './support/build-site.ts';

const whole = { users: 1_334, audit: 1_334, integrity: 'ok' };
const minutes = 60_000;

test(
  'a backup that is killed anywhere leaves no archive or a whole one, and the repeat makes it',
  async () => {
    const points = await atEveryKill(
      (site) => ['createBackup', backupArgs(site)],
      async (site) => {
        if (existsSync(site.archive)) expect(existsSync(site.manifest)).toBe(true);
        await operations.createBackup(backupArgs(site), context);
        const { archive, manifest, scratch } = site;
        expect((await operations.verifyBackup({ archive, manifest, scratch, full: true }, context)).ok).toBe(
          true,
        );
        expect(readdirSync(site.backups).filter((name) => name.includes('part'))).toEqual([]);
      },
    );
    expect(points).toBeGreaterThan(8);
  },
  3 * minutes,
);

test(
  'an optimisation that is killed anywhere leaves a whole database, and the repeat finishes it',
  async () => {
    const points = await atEveryKill(
      (site) => ['optimizeDatabase', swapArgs(site)],
      async (site) => {
        expect(readRows(site.database)).toEqual(whole);
        const { bytesBefore, bytesAfter } = await operations.optimizeDatabase(swapArgs(site), context);
        expect(bytesAfter).toBeLessThan(bytesBefore);
        expect(readRows(site.database)).toEqual(whole);
        expect(readRows(`${site.asideDir}/database.sqlite`)).toEqual(whole);
        expect(leftovers(site)).toEqual([]);
      },
    );
    expect(points).toBeGreaterThan(8);
  },
  3 * minutes,
);

test(
  'an optimisation that is killed anywhere can be taken back to the very same file',
  async () => {
    await atEveryKill(
      (site) => ['optimizeDatabase', swapArgs(site)],
      async (site, before) => {
        await operations.restoreAside(swapArgs(site), context);
        expect(hash(site.database)).toBe(before);
        expect(leftovers(site)).toEqual([]);
      },
    );
  },
  3 * minutes,
);

test(
  'taking back that is killed anywhere leaves a whole database, and the repeat finishes it',
  async () => {
    let before = '';
    const points = await atEveryKill(
      async (site) => {
        before = hash(site.database);
        await operations.optimizeDatabase(swapArgs(site), context);
        return ['restoreAside', swapArgs(site)];
      },
      async (site) => {
        expect(readRows(site.database)).toEqual(whole);
        expect(await operations.restoreAside(swapArgs(site), context)).toMatchObject({ identical: true });
        expect(hash(site.database)).toBe(before);
      },
    );
    expect(points).toBeGreaterThan(5);
  },
  3 * minutes,
);

test(
  'a restore from a backup that is killed anywhere leaves the old or the new database, and both ways end it',
  async () => {
    const points = await atEveryKill(
      async (site) => {
        await operations.createBackup(backupArgs(site), context);
        return ['restoreFromBackup', restoreArgs(site)];
      },
      async (site, before) => {
        expect(readRows(site.database)).toEqual(whole);
        await operations.restoreFromBackup(restoreArgs(site), context);
        expect(readRows(site.database)).toEqual(whole);
        expect(leftovers(site)).toEqual([]);
        expect(await operations.restoreAside(swapArgs(site), context)).toMatchObject({
          restored: true,
          identical: true,
        });
        expect(hash(site.database)).toBe(before);
      },
    );
    expect(points).toBeGreaterThan(8);
  },
  3 * minutes,
);

function backupArgs({ database, uploads, archive, manifest }: Site) {
  return { database, uploads, archive, manifest, runId: 'run-1' };
}

function swapArgs({ database, asideDir }: Site) {
  return { database, asideDir, runId: 'run-1' };
}

function restoreArgs({ archive, manifest, scratch, ...site }: Site) {
  return { archive, manifest, scratch, ...swapArgs({ archive, manifest, scratch, ...site }) };
}

function leftovers(site: Site): string[] {
  return readdirSync(dirname(site.database)).filter((name) => name.includes('.part'));
}

function hash(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
