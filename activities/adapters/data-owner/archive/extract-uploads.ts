import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, stat } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';
import { requireFreeSpace, SPARE_FOR_APP } from '../files/require-free-space.ts';
import { keptMode, SETGID } from '../files/upload-mode.ts';
import { nameOf } from '../files/upload-name.ts';
import { BrokenArchiveError } from './broken-archive-error.ts';
import type { ReadEntry } from './read-tar.ts';

type Facts = Pick<ReadEntry, 'mode' | 'mtime' | 'uid' | 'gid'>;

/** Whom an entry belonged to when it was backed up. */
export interface OwnedEntry extends Pick<Facts, 'uid' | 'gid'> {
  /** As `nameOf` has it. */
  path: string;
  isFolder: boolean;
  /** What it has here. */
  mode: number;
}

/** How to extract. */
export interface ExtractionOptions {
  /** Makes each file and folder durable. */
  sync: boolean;
  /** Told of each entry that is extracted. Whoever extracts owns it: to give it back is the caller's. */
  onEntry?: ((entry: OwnedEntry) => Promise<void>) | undefined;
}

const openFolder = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const openNewFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const spaceStep = 64 << 20;

/**
 * Writes the entries of an upload archive below a folder that the caller made, empty, on the disk of the uploads.
 * Every folder on the way is made here and entered by its descriptor without following a link, every file is new: so
 * nothing outside is touched whatever the names say, and nothing is overwritten. Names are kept byte by byte, modes as
 * `keptMode` has them; all belongs to whoever extracts. A kill leaves a part of it; the caller removes the folder and
 * starts again. The folder's own mode and time are the caller's.
 */
export class UploadExtraction {
  readonly #root: string;
  readonly #options: ExtractionOptions;
  /** The group to give to what is made, where the folder would hand on another one. */
  readonly #group: number | undefined;
  readonly #folders = new Map<string, Facts | undefined>();
  #entered: { path: string; handle: FileHandle } | undefined;
  #bytesUntilSpaceCheck = 0;

  private constructor(root: string, options: ExtractionOptions, group: number | undefined) {
    this.#root = root;
    this.#options = options;
    this.#group = group;
  }

  static async into(root: string, options: ExtractionOptions): Promise<UploadExtraction> {
    if ((await readdir(root)).length > 0)
      throw Object.assign(new Error(`${root} is not empty`), { code: 'EEXIST' });
    const handsOn = ((await stat(root)).mode & SETGID) !== 0;
    return new UploadExtraction(root, options, handsOn ? process.getgid?.() : undefined);
  }

  async folder(path: string, facts: Facts): Promise<void> {
    await this.#enter(path);
    this.#folders.set(path, facts);
    await this.#tell(path, facts, true);
  }

  async file(path: string, facts: Facts, body: AsyncIterable<Buffer>): Promise<void> {
    const cut = path.lastIndexOf('/');
    const parent = await this.#enter(path.slice(0, Math.max(0, cut)));
    const handle = await onlyHere(() => open(below(parent, path.slice(cut + 1)), openNewFile, 0o600));
    try {
      for await (const piece of body) {
        await this.#requireSpace(piece.length);
        await handle.writeFile(piece);
      }
      await this.#settle(handle, { ...facts, isFolder: false });
    } finally {
      await handle.close();
    }
    await this.#tell(path, facts, false);
  }

  /** Gives the folders their modes and times, which writing into them would have changed. */
  async finish(): Promise<void> {
    const deepestFirst = [...this.#folders].sort(([a], [b]) => b.length - a.length);
    for (const [path, facts] of deepestFirst)
      await this.#settle(await this.#enter(path), { mode: 0o755, ...facts, isFolder: true });
    if (this.#options.sync) await (await this.#enter('')).sync();
    await this.close();
  }

  /** Lets go of the folder that is open; also after a failure. */
  async close(): Promise<void> {
    await this.#entered?.handle.close();
    this.#entered = undefined;
  }

  async #enter(path: string): Promise<FileHandle> {
    if (this.#entered?.path === path) return this.#entered.handle;
    await this.close();
    let reached = { path: '', handle: await open(this.#root, openFolder) };
    try {
      for (const name of path === '' ? [] : path.split('/')) {
        const next = reached.path === '' ? name : `${reached.path}/${name}`;
        const handle = await this.#openBelow(reached.handle, name, next);
        await reached.handle.close();
        reached = { path: next, handle };
      }
    } catch (error) {
      await reached.handle.close();
      throw error;
    }
    this.#entered = reached;
    return reached.handle;
  }

  async #openBelow(parent: FileHandle, name: string, path: string): Promise<FileHandle> {
    return onlyHere(async () => {
      if (!this.#folders.has(path)) {
        await mkdir(below(parent, name), 0o700);
        this.#folders.set(path, undefined);
      }
      return open(below(parent, name), openFolder);
    });
  }

  // The group first: the kernel takes setgid from a folder of a group that its owner is not in.
  async #settle(
    handle: FileHandle,
    { mode, mtime, isFolder }: { mode: number; mtime?: number; isFolder: boolean },
  ): Promise<void> {
    if (this.#group !== undefined) await handle.chown(process.getuid?.() ?? 0, this.#group);
    await handle.chmod(keptMode(mode, isFolder));
    if (mtime !== undefined) await handle.utimes(mtime, mtime);
    if (this.#options.sync) await handle.sync();
  }

  async #tell(inTar: string, { mode, uid, gid }: Facts, isFolder: boolean): Promise<void> {
    const path = nameOf(Buffer.from(inTar, 'latin1'));
    await this.#options.onEntry?.({ path, isFolder, uid, gid, mode: keptMode(mode, isFolder) });
  }

  /** Stops while there is room left for the app, which goes on writing to this disk. */
  async #requireSpace(bytes: number): Promise<void> {
    this.#bytesUntilSpaceCheck -= bytes;
    if (this.#bytesUntilSpaceCheck > 0) return;
    await requireFreeSpace('extract uploads', this.#root, SPARE_FOR_APP);
    this.#bytesUntilSpaceCheck = spaceStep;
  }
}

/** By descriptor, as openat does: whatever happens to the names above, it is this folder. */
function below(folder: FileHandle, name: string): Buffer {
  return Buffer.from(`/proc/self/fd/${folder.fd}/${name}`, 'latin1');
}

/** Where a name is taken already, the file system holds two names of the archive for one (case, composed letters). */
async function onlyHere<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const code = errorCode(error);
    if (!['EEXIST', 'ELOOP', 'ENOTDIR', 'EILSEQ', 'EINVAL', 'ENAMETOOLONG'].includes(code)) throw error;
    throw new BrokenArchiveError(
      `uploads.tar.gz: a name cannot be had on this file system, or equals another one there (${code})`,
      { cause: error },
    );
  }
}
