import fs from 'node:fs';
import { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

type Method = (...args: never[]) => Promise<unknown>;

/** What changes a disk; closing and removing are not in it, they work on a full disk too. */
const writes = ['open', 'rename', 'link', 'writeFile', 'mkdir', 'chmod'] as const;
const handleWrites = ['write', 'writeFile', 'sync', 'datasync'] as const;

/** How the disk behaved while `work` ran. */
export interface Attempt {
  /** Whether the disk failed; it does not when `work` makes fewer writes. */
  failed: boolean;
  /** What `work` threw; undefined when it did not. */
  error: unknown;
}

/** Runs `work` on a disk of which the Nth write fails, and all that come after it while that lasts. */
export async function withFailingWrite(
  code: string,
  failAt: number,
  work: () => Promise<unknown>,
): Promise<Attempt> {
  let calls = 0;
  const handle = await open('/dev/null', 'r');
  const handles: Record<string, Method> = Object.getPrototypeOf(handle);
  await handle.close();
  const files: Record<string, Method> = Object.assign(fs.promises);
  const fail = (original: Method, counts: (args: unknown[]) => boolean): Method =>
    function (this: unknown, ...args) {
      if (counts(args)) calls += 1;
      if (!counts(args) || calls < failAt) return original.apply(this, args);
      return Promise.reject(Object.assign(new Error(`${code}: injected`), { code }));
    };
  const undo = [
    ...writes.map((name) => replace(files, name, (original) => fail(original, isWrite(name)))),
    ...handleWrites.map((name) => replace(handles, name, (original) => fail(original, () => true))),
  ];
  syncBuiltinESMExports();
  let error: unknown;
  try {
    await work();
  } catch (thrown) {
    error = thrown;
  } finally {
    for (const restore of undo) restore();
    syncBuiltinESMExports();
  }
  return { failed: calls >= failAt, error };
}

/** Opening a file to read it is no write. */
function isWrite(name: string): (args: unknown[]) => boolean {
  return ([, flags]) => name !== 'open' || (typeof flags === 'string' && flags.includes('w'));
}

function replace(
  owner: Record<string, Method>,
  name: string,
  make: (original: Method) => Method,
): () => void {
  const original = owner[name];
  if (original === undefined) throw new Error(`there is no ${name}`);
  owner[name] = make(original);
  return () => {
    owner[name] = original;
  };
}
