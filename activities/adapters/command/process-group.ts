import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { errorCode } from '../error-code.ts';

/**
 * Ends every process of a group that the worker started (SIGTERM, after `graceMs` SIGKILL) and resolves when
 * none is left. `runAs`: the user that the group runs as, when it is not the worker's own.
 */
export const endProcessGroup = async (groupId: number, graceMs: number, runAs?: User): Promise<void> => {
  signalGroup(groupId, 'TERM', runAs);
  const killAt = Date.now() + graceMs;
  let killed = false;
  while (await isGroupAlive(groupId)) {
    if (!killed && Date.now() >= killAt) {
      signalGroup(groupId, 'KILL', runAs);
      killed = true;
    }
    await delay(20);
  }
};

type User = { readonly uid: number; readonly gid: number };

// A worker that may start processes as another user may not signal them, but that user may.
const signalGroup = (groupId: number, signal: 'TERM' | 'KILL', runAs: User | undefined): void => {
  try {
    if (runAs === undefined) process.kill(-groupId, `SIG${signal}`);
    else execFileSync('/bin/kill', ['-s', signal, '--', `-${groupId}`], { ...runAs, stdio: 'ignore' });
  } catch (error) {
    // Gone already, or root's (sudo), which is waited for: the caller looks.
    const harmless = ['ESRCH', 'EPERM'].includes(errorCode(error) ?? '');
    if (runAs === undefined && !harmless) throw error;
  }
};

// Signal 0 also reaches zombies, which a container without a reaping init keeps for ever: read /proc instead.
const isGroupAlive = async (groupId: number): Promise<boolean> => {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  for (const id of processes) {
    const stat = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(group) === groupId && state !== 'Z' && state !== 'X') return true;
  }
  return false;
};
