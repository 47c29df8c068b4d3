import { type FileHandle, open } from 'node:fs/promises';
import type { OwnedEntry } from '../archive/extract-uploads.ts';

/** Written at once when it has grown to this. */
const chunkCharacters = 1 << 16;

/** Notes, while uploads are extracted, which of them belonged to somebody else, and how many everybody may write. */
export class OwnerListing {
  readonly #handle: FileHandle;
  readonly #here = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  #lines = '';
  /** Entries of somebody else than who extracts. */
  count = 0;
  writableByAll = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async at(path: string): Promise<OwnerListing> {
    return new OwnerListing(await open(path, 'w', 0o640));
  }

  async add(entry: OwnedEntry): Promise<void> {
    if ((entry.mode & 0o002) !== 0) this.writableByAll += 1;
    if (entry.uid === this.#here.uid && entry.gid === this.#here.gid) return;
    this.count += 1;
    this.#lines += `${JSON.stringify(entry)}\n`;
    if (this.#lines.length >= chunkCharacters) await this.#write();
  }

  /** Makes it durable, and lets go of it. */
  async close(): Promise<void> {
    try {
      await this.#write();
      await this.#handle.sync();
    } finally {
      await this.#handle.close();
    }
  }

  async #write(): Promise<void> {
    await this.#handle.writeFile(this.#lines);
    this.#lines = '';
  }
}
