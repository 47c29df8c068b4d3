import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { buildSite, type Site } from './build-site.ts';
import { runKilled } from './run-killed.ts';

/** More file calls than any operation makes: reaching it means that the loop never ended by itself. */
const mostCalls = 80;

/** Builds a site, kills the operation before its 1st, 2nd … file call, checks, until it gets through; how many times. */
export async function atEveryKill(
  prepare: (site: Site) => [string, object] | Promise<[string, object]>,
  check: (site: Site, hashBefore: string) => Promise<void>,
): Promise<number> {
  return untilNotKilled(async (point) => {
    const site = buildSite({ files: 3, own: false });
    const before = createHash('sha256').update(readFileSync(site.database)).digest('hex');
    const [operation, args] = await prepare(site);
    const wasKilled = await runKilled(operation, args, point);
    await check(site, before);
    return wasKilled;
  });
}

/** Tries the kill points one after the other until the operation was not killed any more; how many times. */
export async function untilNotKilled(attempt: (point: number) => Promise<boolean>): Promise<number> {
  for (let point = 1; point < mostCalls; point += 1) if (!(await attempt(point))) return point;
  throw new Error(`still killed at call ${mostCalls}`);
}
