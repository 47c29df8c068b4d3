import { Readable } from 'node:stream';
import { extract as createExtract, pack as createPack } from 'tar-stream';
import { brokenBundle } from './bundle-errors.ts';
import type { BundleInventory } from './bundle-inventory.ts';
import type { Collected } from './collect-files.ts';

/** One thing in a bundle, as its tar names it. */
export interface BundleEntry {
  name: string;
  type: 'file' | 'link';
  content: Buffer;
  /** Permission bits only. */
  mode: number;
  /** Seconds since 1970. */
  mtime: number;
  /** Of a link. */
  target: string;
}

/** The name of the list of contents, first in the tar. */
export const INVENTORY = 'inventory.json';
/** Before the host's own path of each file. */
export const FILES = 'files';

/** The bundle as a tar, in memory: `inventory.json`, then `files/…` with each file under its path on the host. */
export async function packBundle(collected: Collected, inventory: BundleInventory): Promise<Buffer> {
  const pack = createPack();
  pack.entry({ name: INVENTORY, mode: 0o600 }, `${JSON.stringify(inventory, undefined, 1)}\n`);
  for (const { path, content, mode, uid, gid, mtime } of collected.files) {
    // Without set-user-id bits: a bundle is unpacked by a person, perhaps as root.
    const header = { name: `${FILES}${path}`, mode: mode & 0o777, uid, gid, mtime: new Date(mtime * 1000) };
    pack.entry(header, content);
  }
  for (const { path, target } of collected.links)
    pack.entry({ name: `${FILES}${path}`, type: 'symlink', linkname: target });
  pack.finalize();
  return Buffer.concat(await Readable.from(pack).toArray());
}

/** What a decrypted bundle holds. Only files, links and folders are accepted: anybody with the public key can make one. */
export async function unpackBundle(what: string, tar: Buffer): Promise<BundleEntry[]> {
  // tar-stream takes an archive that is cut at a block for whole.
  if (tar.length < 1024 || !tar.subarray(-1024).equals(Buffer.alloc(1024))) {
    throw brokenBundle(what, 'the end of its archive is missing');
  }
  const entries: BundleEntry[] = [];
  const extract = createExtract();
  const reading = (async () => {
    for await (const entry of extract) {
      const { name, type, linkname, mode, mtime } = entry.header;
      const chunks: Buffer[] = [];
      for await (const piece of entry) {
        if (piece instanceof Uint8Array) chunks.push(Buffer.from(piece));
      }
      if (type === 'directory') continue;
      if (type !== 'file' && type !== 'symlink') throw brokenBundle(what, `an entry in it is a ${type}`);
      entries.push({
        name,
        type: type === 'file' ? 'file' : 'link',
        content: Buffer.concat(chunks),
        mode: mode & 0o777,
        mtime: Math.floor((mtime?.getTime() ?? 0) / 1000),
        target: linkname ?? '',
      });
    }
  })();
  extract.end(tar);
  try {
    await reading;
  } catch (error) {
    throw brokenBundle(what, error);
  }
  return entries;
}
