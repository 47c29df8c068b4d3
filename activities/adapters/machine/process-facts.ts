import { readFile } from 'node:fs/promises';

/** A process as a person names it. */
export type ProcessFacts = {
  readonly pid: number;
  readonly command: string;
  /** null: it runs in no container. */
  readonly containerId: string | null;
};

/** What runs under a process id, and in which container; what is gone meanwhile has no name. */
export const processFacts = async (pid: number, root = '/proc'): Promise<ProcessFacts> => {
  const command = await readFile(`${root}/${pid}/comm`, 'utf8').catch(() => 'gone');
  const groups = await readFile(`${root}/${pid}/cgroup`, 'utf8').catch(() => '');
  // Inside a container the line has the ids of all containers around it, the innermost last.
  const containerId = [...groups.matchAll(/\b([0-9a-f]{64})\b/g)].at(-1)?.[1] ?? null;
  return { pid, command: command.trim(), containerId };
};
