const MEBIBYTE = 1024 * 1024;
/** Steps in which limits are proposed: a number that a person can remember. */
const STEP = 64 * MEBIBYTE;
const LEAST = 128 * MEBIBYTE;
/** What a program needs when it works, compared with what it has right after its start. */
const ROOM = 3;
/** What may be given to one service at most. */
const SHARE_OF_HOST = 0.75;

/**
 * The memory limit that is proposed for a service: room to work, compared with what it used right after its start, and
 * half as much again as the limit under which it had too little; never what the host cannot spare. In bytes.
 */
export function proposeLimit(now: {
  readonly baselineBytes: number;
  readonly hostBytes: number;
  /** null: it had none. */
  readonly limitBytes: number | null;
}): number {
  const wanted = Math.max(LEAST, now.baselineBytes * ROOM, (now.limitBytes ?? 0) * 1.5);
  const most = Math.floor((now.hostBytes * SHARE_OF_HOST) / STEP) * STEP;
  return Math.min(most, Math.ceil(wanted / STEP) * STEP);
}
