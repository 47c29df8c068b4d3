import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack as createPack, type Pack } from 'tar-stream';

/** Folders and files of the checkout that the program on a host consists of, besides its npm packages. */
const programPaths = ['dist', 'package.json', 'packaging'];

/**
 * The built program as a tar stream, to be unpacked into /opt/fdts-ops on a Linux host of this machine's own
 * architecture: `dist`, `packaging`, and the npm packages that it needs at run time, compiled modules included.
 * Everything belongs to root. `root`: the checkout, built (`npm run build`).
 */
export const shipProgram = (root: string): Readable => {
  const pack = createPack();
  packAll(root, pack).then(
    () => pack.finalize(),
    (error: unknown) => pack.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  return Readable.from(pack, { objectMode: false });
};

/** The npm packages of a lock file that the program needs at run time, as paths. */
export const productionPackages = (lockFile: string): readonly string[] => {
  const lock: { packages?: Record<string, { dev?: boolean }> } = JSON.parse(lockFile);
  return Object.entries(lock.packages ?? {})
    .filter(([path, { dev }]) => path.startsWith('node_modules/') && dev !== true)
    .map(([path]) => path);
};

/** Whether a file of a package is needed on a Linux host: no binaries of other platforms, no leftovers of compiling. */
export const isShipped = (path: string, architecture: string = process.arch): boolean => {
  const release = /core-bridge\/releases\/([^/]+)/.exec(path)?.[1];
  if (release !== undefined)
    return release === `${architecture === 'arm64' ? 'aarch64' : 'x86_64'}-unknown-linux-gnu`;
  return !notNeeded.some((pattern) => pattern.test(path));
};

const notNeeded = [
  /^node_modules\/.*\.(d\.[cm]?ts|map|a)$/,
  /core-bridge\/(sdk-core|src|bridge-macros)(\/|$)/,
  /better-sqlite3\/(deps|src)(\/|$)/,
  /better-sqlite3\/build\/(Release\/(obj|obj\.target|\.deps|test_extension\.node)|deps)(\/|$)/,
];

const packAll = async (root: string, pack: Pack): Promise<void> => {
  await lstat(join(root, 'dist')).catch(() => {
    throw new Error(
      `ship the program: got no folder ${join(root, 'dist')}, expected the built program. Next: npm run build`,
    );
  });
  for (const path of programPaths) await packPath(root, path, pack);
  const packages = productionPackages(await readFile(join(root, 'package-lock.json'), 'utf8'));
  for (const path of packages) await packPath(root, path, pack);
};

// A package that the lock file lists for another platform is not there; a nested one comes with its own entry.
const packPath = async (root: string, path: string, pack: Pack): Promise<void> => {
  const stat = await lstat(join(root, path)).catch(() => null);
  if (stat === null || !isShipped(path)) return;
  const header = { name: path, mode: stat.mode & 0o777, mtime: stat.mtime, uid: 0, gid: 0 };
  if (stat.isSymbolicLink()) {
    pack.entry({ ...header, type: 'symlink', linkname: await readlink(join(root, path)) });
  } else if (stat.isDirectory()) {
    pack.entry({ ...header, type: 'directory' });
    const names = (await readdir(join(root, path))).filter((name) => name !== 'node_modules');
    for (const name of names.sort()) await packPath(root, `${path}/${name}`, pack);
  } else if (stat.isFile()) {
    await pipeline(createReadStream(join(root, path)), pack.entry({ ...header, size: stat.size }));
  }
};
