import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { untilNotKilled } from './support/at-every-kill.ts';
import { context, readRows } from './support/build-site.ts';
import { besideDatabase, buildBackedUpSite, contentOf, placeOf, stageArgs } from './support/restore-site.ts';
import { runKilled } from './support/run-killed.ts';

const { stageRestore, swapInRestored, takeBackRestored, discardStaged } = operations;
const minutes = 60_000;

test(
  'a swap that is killed anywhere is finished by its repeat, and taken back whole after that',
  async () => {
    const points = await untilNotKilled(async (point) => {
      const { site, backedUp, before } = await buildBackedUpSite();
      await stageRestore(stageArgs(site), context);
      const wasKilled = await runKilled('swapInRestored', placeOf(site), point);
      expect(existsSync(site.database), `a database at the path after kill ${point}`).toBe(true);
      await swapInRestored(placeOf(site));
      expect(contentOf(site).uploads, `killed at ${point}`).toEqual(backedUp.uploads);
      expect(besideDatabase(site)).toEqual(['database.sqlite']);
      expect(readRows(site.database)).toEqual({ users: 40, audit: 40, integrity: 'ok' });
      await takeBackRestored(placeOf(site));
      expect(contentOf(site), `killed at ${point}`).toEqual(before);
      return wasKilled;
    });
    expect(points).toBeGreaterThan(20);
  },
  4 * minutes,
);

test(
  'a swap that is killed anywhere is taken back to the very same data, and so is a taking back that is killed in turn',
  async () => {
    await untilNotKilled(async (point) => {
      const { site, before } = await buildBackedUpSite();
      await stageRestore(stageArgs(site), context);
      const wasKilled = await runKilled('swapInRestored', placeOf(site), point);
      // Another place each time, so that the pairs are mixed too.
      await runKilled('takeBackRestored', placeOf(site), ((point * 7) % 19) + 1);
      await takeBackRestored(placeOf(site));
      expect(contentOf(site), `killed at ${point}`).toEqual(before);
      expect(besideDatabase(site)).toEqual(['database.sqlite']);
      return wasKilled;
    });
  },
  4 * minutes,
);

test(
  'taking back a whole swap that is killed anywhere is finished by its repeat, twice is as good as once',
  async () => {
    const points = await untilNotKilled(async (point) => {
      const { site, before } = await buildBackedUpSite();
      await stageRestore(stageArgs(site), context);
      await swapInRestored(placeOf(site));
      const wasKilled = await runKilled('takeBackRestored', placeOf(site), point);
      expect(existsSync(site.database), `a database at the path after kill ${point}`).toBe(true);
      for (let times = 0; times < 2; times += 1)
        expect(await takeBackRestored(placeOf(site))).toEqual({ restored: true });
      expect(contentOf(site), `killed at ${point}`).toEqual(before);
      expect(besideDatabase(site)).toEqual(['database.sqlite']);
      return wasKilled;
    });
    expect(points).toBeGreaterThan(15);
  },
  4 * minutes,
);

test(
  'staging that is killed anywhere leaves the live data alone, and is finished or removed',
  async () => {
    await untilNotKilled(async (point) => {
      const { site, before } = await buildBackedUpSite();
      const wasKilled = await runKilled('stageRestore', stageArgs(site), point);
      expect(contentOf(site)).toEqual(before);
      if (point % 2 === 0) expect((await stageRestore(stageArgs(site), context)).uploads.count).toBe(5);
      expect(contentOf(site)).toEqual(before);
      await discardStaged(placeOf(site));
      expect(contentOf(site)).toEqual(before);
      expect(existsSync(site.asideDir)).toBe(false);
      return wasKilled;
    });
  },
  4 * minutes,
);

test(
  'staging another archive in place of the staged one that is killed anywhere: whichever is asked for next is put in whole',
  async () => {
    await untilNotKilled(async (point) => {
      const { site, backedUp, before } = await buildBackedUpSite();
      const { database, uploads } = site;
      const first = stageArgs(site);
      const archive = site.archive.replace('20260104', '20260105');
      const other = { ...first, archive, manifest: `${archive}.manifest.json` };
      const { manifest } = other;
      await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-0' }, context);
      await stageRestore(first, context);
      const wasKilled = await runKilled('stageRestore', other, point);
      const isFirst = point % 2 === 0;
      const next = isFirst ? first : other;
      expect((await stageRestore(next, context)).archive).toBe(next.archive);
      await swapInRestored(placeOf(site));
      expect(contentOf(site).uploads, `killed at ${point}`).toEqual((isFirst ? backedUp : before).uploads);
      expect(readRows(database).users, `killed at ${point}`).toBe(isFirst ? 40 : 41);
      await expect(stageRestore(isFirst ? other : first, context)).rejects.toMatchObject({
        code: 'ALREADY_EXISTS',
      });
      return wasKilled;
    });
  },
  6 * minutes,
);
