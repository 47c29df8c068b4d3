import fs, { readlinkSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { dirname } from 'node:path';
import { onTestFinished } from 'vitest';

/** One call that gives a file or folder a name, or makes one durable. */
export type DiskCall =
  | { readonly what: 'sync'; readonly path: string }
  | { readonly what: 'rename' | 'link'; readonly from: string; readonly to: string }
  | { readonly what: 'mkdir'; readonly path: string };

/** From now on until the test ends: a sync counts when it has ended, a new name from the moment that it is asked for. */
export async function watchDisk(): Promise<DiskCall[]> {
  const calls: DiskCall[] = [];
  await watchSyncs(calls);
  const { rename, link, mkdir } = fs.promises;
  fs.promises.rename = (from, to) => {
    calls.push({ what: 'rename', from: String(from), to: String(to) });
    return rename(from, to);
  };
  fs.promises.link = (from, to) => {
    calls.push({ what: 'link', from: String(from), to: String(to) });
    return link(from, to);
  };
  fs.promises.mkdir = Object.assign(async (...args: Parameters<typeof mkdir>) => {
    const [path, options] = args;
    const made = await mkdir(path, options);
    const isRecursive = typeof options === 'object' && options?.recursive === true;
    if (!isRecursive) calls.push({ what: 'mkdir', path: String(path) });
    // It answers with the topmost folder that it made, if any.
    else if (made !== undefined)
      for (let folder = String(path); folder.length >= made.length; folder = dirname(folder))
        calls.push({ what: 'mkdir', path: folder });
    return made;
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    Object.assign(fs.promises, { rename, link, mkdir });
    syncBuiltinESMExports();
  });
  return calls;
}

async function watchSyncs(calls: DiskCall[]): Promise<void> {
  const handle = await open('/dev/null');
  const prototype: FileHandle = Object.getPrototypeOf(handle);
  await handle.close();
  // oxlint-disable-next-line typescript/unbound-method -- it is called with a handle below
  const { sync } = prototype;
  prototype.sync = async function watched(this: FileHandle) {
    const path = readlinkSync(`/proc/self/fd/${this.fd}`);
    await sync.call(this);
    calls.push({ what: 'sync', path });
  };
  onTestFinished(() => {
    prototype.sync = sync;
  });
}
