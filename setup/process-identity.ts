import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Names one process for ever: numbers are recycled, a number with its start time in its boot is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the start of the process (field 22 of /proc/PID/stat). */
  readonly startTicks: string;
  readonly bootId: string;
}

/** The identity of a process that runs now, or undefined when none has that number (a zombie counts as ended). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const fields = readStat(pid);
  const startTicks = fields?.[19];
  if (fields === undefined || startTicks === undefined || fields[0] === 'Z' || fields[0] === 'X')
    return undefined;
  return { pid, startTicks, bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() };
}

/** Whether exactly this process still runs, not another one that got its number. */
export function isRunning(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now?.startTicks === identity.startTicks && now.bootId === identity.bootId;
}

/**
 * Ends exactly this process and waits until it is gone; a recycled number is left alone.
 * With SIGTERM, SIGKILL follows after `patienceMs`.
 */
export async function endProcess(
  identity: ProcessIdentity,
  options: { signal?: 'SIGTERM' | 'SIGKILL'; patienceMs?: number } = {},
): Promise<'ended' | 'was-not-running'> {
  const { signal = 'SIGTERM', patienceMs = 15_000 } = options;
  if (!isRunning(identity)) return 'was-not-running';
  process.kill(identity.pid, signal);
  if (await isGoneWithin(identity, patienceMs)) return 'ended';
  if (isRunning(identity)) process.kill(identity.pid, 'SIGKILL');
  if (await isGoneWithin(identity, 5_000)) return 'ended';
  throw new Error(
    `process ${identity.pid} does not end, even with SIGKILL: it waits in the kernel (state D?)`,
  );
}

async function isGoneWithin(identity: ProcessIdentity, ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (isRunning(identity)) {
    if (Date.now() > deadline) return false;
    await delay(20);
  }
  return true;
}

/** The fields after the command name, which may itself hold spaces and brackets: state is the first. */
function readStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
