import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeDataFolders } from '../../../activities/adapters/new-site/make-data-folders.ts';
import { context, newFolder, owner } from '../data-owner/support/build-site.ts';

/** As on a new machine, where root has placed the configuration already. */
function placed() {
  const folder = join(newFolder(), 'fdts');
  mkdirSync(folder, { mode: 0o755 });
  return {
    folder,
    places: {
      database: join(folder, 'fdts.sqlite'),
      uploads: join(folder, 'uploads'),
      backups: join(folder, 'backups'),
      owner,
    },
  };
}

test.runIf(process.getuid?.() === 0)(
  'a folder of the project that has the database as well is given to the owner of the data, others stay as they are',
  async () => {
    const { folder, places } = placed();
    await makeDataFolders(places, context);
    expect(statSync(folder)).toMatchObject({ uid: 0, gid: 0 });
    expect(statSync(places.uploads)).toMatchObject(owner);
    for (let times = 0; times < 2; times += 1)
      await makeDataFolders({ ...places, isBesideProject: true }, context);
    expect(statSync(folder)).toMatchObject(owner);
    expect(statSync(folder).mode & 0o777).toBe(0o755);
  },
);
