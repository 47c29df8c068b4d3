import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { HttpError } from './http-error.mjs';

/**
 * Faults that this app can have, for exercises: until it is restarted, when they come by POST /api/sandbox/faults;
 * from its start on, when they stand in SANDBOX_FAULTS. Both as JSON:
 * {"errors": percent of requests answered 500, "slow": milliseconds, "leak": MB more that are lost, "lock": true}
 */
export function createFaults(databasePath, atStart = '{}') {
  let faults = {};
  let locker;
  let count = 0;
  const leaked = [];
  set(JSON.parse(atStart));
  return { set, before };

  function set(next) {
    faults = { ...faults, ...next };
    if (next.leak) leaked.push(Buffer.alloc(next.leak * 1_000_000, 1));
    if (faults.lock && !locker) {
      locker = new Database(databasePath);
      locker.exec('BEGIN IMMEDIATE');
    }
  }

  /** The health address is spared of errors: an app that calls itself healthy while users meet errors. */
  async function before(pathname) {
    if (faults.slow) await delay(faults.slow);
    if (!faults.errors || pathname === '/api/health' || pathname.startsWith('/api/sandbox/')) return;
    count += faults.errors;
    if (count < 100) return;
    count -= 100;
    throw new HttpError(500, 'cannot read property of undefined');
  }
}
