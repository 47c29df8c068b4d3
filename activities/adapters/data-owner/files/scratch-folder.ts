import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const pattern = /^fdts-ops-scratch-(\d+)$/;

/** The name of this process's own folder inside a scratch folder. */
export function scratchFolderName(): string {
  return `fdts-ops-scratch-${process.pid}`;
}

/** Removes what processes of ours that are dead now left in a scratch folder. A scratch folder that is missing is fine. */
export async function removeDeadScratch(scratch: string): Promise<void> {
  for (const name of await readdir(scratch).catch(() => [])) {
    const pid = pattern.exec(name)?.[1];
    const isDead = pid !== undefined && (Number(pid) === process.pid || !existsSync(`/proc/${pid}`));
    if (isDead) await rm(join(scratch, name), { recursive: true, force: true });
  }
}
