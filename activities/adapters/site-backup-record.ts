import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FolderEntry } from './data-owner/operations/look-at-folder.ts';

/** What a run has begun with the site's script: from it a second attempt finds the first one's. */
export interface SiteBackupBegun {
  /** What lay in the backup folder before. */
  readonly before: readonly FolderEntry[];
  /** What was begun, as whoever runs it knows it: see `SiteScript`. */
  readonly exec: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

/** One file per run in a folder of the host's own record; those of earlier runs are removed when a new one is written. */
export class SiteBackupRecord {
  private readonly folder: string;
  private readonly stamp: string;

  constructor(folder: string, stamp: string) {
    this.folder = folder;
    this.stamp = stamp;
  }

  async read(): Promise<SiteBackupBegun | null> {
    const text = await readFile(this.file(), 'utf8').catch(() => null);
    if (text === null) return null;
    const begun: SiteBackupBegun = JSON.parse(text);
    return begun;
  }

  /** On disk before it returns. */
  async write(begun: SiteBackupBegun): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const part = `${this.file()}.part`;
    const handle = await open(part, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(begun));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, this.file());
    for (const name of await readdir(this.folder)) {
      if (name !== path.basename(this.file())) await rm(path.join(this.folder, name), { force: true });
    }
  }

  /** What failed for good is begun anew when somebody asks again. */
  async forget(): Promise<void> {
    await rm(this.file(), { force: true });
  }

  private file(): string {
    return path.join(this.folder, `${this.stamp}.json`);
  }
}
