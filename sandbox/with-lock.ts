import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cacheFolder } from './cache-folder.ts';

/** Runs `work` while no other process of this user runs work under the same name, so that two test runs do not build one image twice. */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  const file = join(await cacheFolder(), `${name}.lock`);
  while (!(await take(file))) {
    await dropIfHolderIsGone(file);
    await delay(200);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function dropIfHolderIsGone(file: string): Promise<void> {
  const holder = Number(await readFile(file, 'utf8').catch(() => ''));
  if (!holder) return;
  try {
    process.kill(holder, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') await rm(file, { force: true });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
