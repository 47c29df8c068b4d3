import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Stored files below one folder, as YYYY/MM/uuid. */
export function createUploads(folder) {
  return {
    async store(bytes) {
      const id = randomUUID();
      const path = join(new Date().toISOString().slice(0, 7).replace('-', '/'), id);
      const full = join(folder, path);
      await makeFolders(folder, dirname(full));
      await writeDurably(full, bytes);
      return { id, path, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
    },
    read: (path) => readFile(join(folder, path)),
    remove: (path) => rm(join(folder, path), { force: true }),
  };
}

async function makeFolders(root, folder) {
  if (!(await mkdir(folder, { recursive: true }))) return;
  for (let at = dirname(folder); at.startsWith(root); at = dirname(at)) await syncFolder(at);
}

/** The bytes and the name are on disk before the row that points to them is committed. */
async function writeDurably(path, bytes) {
  const file = await open(path, 'wx', 0o644);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

async function syncFolder(path) {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
