import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context } from './support/build-site.ts';
import { placeOf, stageArgs } from './support/restore-site.ts';

const minutes = 60_000;

test(
  'an upload beyond 4 GiB comes back equal from a backup that is verified, staged and swapped in',
  async () => {
    const site = buildSite({ own: false, rows: 10, files: 1 });
    const film = join(site.uploads, 'film.mp4');
    const size = 2 ** 32 + 12_345;
    writeFilm(film, size);
    await operations.createBackup({ ...site, runId: 'run-0' }, context);
    await operations.stageRestore(stageArgs(site), context);
    await operations.swapInRestored(placeOf(site));
    expect(statSync(film).size).toBe(size);
    execFileSync('cmp', [film, join(site.asideDir, 'uploads', 'film.mp4')]);
  },
  4 * minutes,
);

/** Zeros that take no room on the disk, and around the end of 32 bits and of the file what is no zero. */
function writeFilm(file: string, size: number): void {
  const film = openSync(file, 'w');
  ftruncateSync(film, size);
  // Enough of them that the archive is no bomb: 4 GiB of zeros alone would be a thousandth of their size.
  for (const at of [0, 2 ** 31 - (8 << 20), 2 ** 32 - (8 << 20)])
    writeSync(film, randomBytes(8 << 20), 0, 8 << 20, at);
  writeSync(film, randomBytes(12_345), 0, 12_345, 2 ** 32);
  closeSync(film);
}
