// Runs on the host: waits in the journal for steps that begin, and sends the worker a signal in the middle of each.
// node interrupt-steps.mjs WORKFLOW-ID SIGNAL each|first [PREFIX]
// each: every change of a step (with a PREFIX: whose name begins so) once, until the run has closed; first: only the first such.
// each without a PREFIX also: when the run has taken the host (`take-hold`), and when it has given it back (`end-of-run`).
// An emergency's `isolate` comes before the host is taken: the journal has its incident then, and no step.
// Prints what it interrupted as JSON.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';

const Database = createRequire('/opt/fdts-ops/package.json')('better-sqlite3');
const journalFile = '/var/lib/fdts-ops/journal.sqlite';
const [workflowId, signal, which, prefix = ''] = process.argv.slice(2);
const interrupted = [];
/** Nothing follows in these but the answer to the server. */
const AT_ONCE = ['take-hold', 'end-of-run'];
/** SQLite's PENDING byte: whoever waits to write has it locked (https://www.sqlite.org/lockingv3.html). */
const PENDING_BYTE = 0x40000000;
const pause = new Int32Array(new SharedArrayBuffer(4));
let connection;

writeFileSync(`/run/watches-steps-of-${workflowId}`, '');
while (!(await look()));
process.stdout.write(`${JSON.stringify(interrupted.map(({ step }) => step))}\n`);

/**
 * Reads the journal, and keeps it from being written until one write waits: so that each write is seen alone, and no
 * step, however short, begins and ends between two looks (whoever waits goes first: SQLite lets in no reader before
 * it). Whoever runs this gives it the highest priority: what is left of a race is how fast the next look follows a write.
 */
async function look() {
  try {
    connection ??= new Database(journalFile, { readonly: true, fileMustExist: true, timeout: 0 });
    connection.exec('BEGIN');
    const change = underWay(connection) ?? unheldUnderWay(connection) ?? holdChanging(connection);
    if (change === undefined) {
      if (hasClosed(connection)) return true;
      while (!writeWaits()) await delay(1);
      connection.exec('COMMIT');
      return false;
    }
    if (!AT_ONCE.includes(change.step)) await delay(halfOfUsual(connection, change.step));
    process.kill(mainPid(), signal);
    interrupted.push(change);
    letGo();
    return which === 'first';
  } catch (error) {
    if (!String(error.code).startsWith('SQLITE_')) throw error;
    if (error.code !== 'SQLITE_BUSY') {
      // A killed worker leaves a rollback journal, which only a writer may replay; a new connection sees when it has.
      letGo();
      await delay(3);
      return false;
    }
    // The write that waited is being made, and the next look must come right after it.
    if (connection?.inTransaction) connection.exec('ROLLBACK');
    Atomics.wait(pause, 0, 0, 0.1);
    return false;
  }
}

function letGo() {
  connection?.close();
  connection = undefined;
}

function writeWaits() {
  const lock = `:${statSync(journalFile).ino} ${PENDING_BYTE} `;
  return readFileSync('/proc/locks', 'utf8').includes(lock);
}

function underWay(db) {
  return db
    .prepare(
      `SELECT seq, step FROM entries WHERE workflow_id = ? AND state = 'begun' AND attempts = 1 ORDER BY seq`,
    )
    .all(workflowId)
    .find((change) => change.step.startsWith(prefix) && isNew(change));
}

/** What an emergency changes before it has the host: its incident was written down right before. */
function unheldUnderWay(db) {
  const change = { seq: 'unheld', step: 'isolate' };
  if (!change.step.startsWith(prefix) || !isNew(change) || isTaken(db)) return undefined;
  const hasIncident = db.prepare('SELECT 1 FROM incidents WHERE workflow_id = ?').get(workflowId);
  return hasIncident === undefined ? undefined : change;
}

/** Just written to the journal: the server may not have been told yet. */
function holdChanging(db) {
  if (which !== 'each' || prefix !== '') return undefined;
  if (!isTaken(db)) return undefined;
  const change = hasClosed(db) ? { seq: 'last', step: 'end-of-run' } : { seq: 'first', step: 'take-hold' };
  return isNew(change) ? change : undefined;
}

function isTaken(db) {
  return db.prepare('SELECT 1 FROM runs WHERE workflow_id = ?').get(workflowId) !== undefined;
}

function isNew(change) {
  return !interrupted.some(({ seq }) => seq === change.seq);
}

function hasClosed(db) {
  const states = db.prepare('SELECT state FROM runs WHERE workflow_id = ?').all(workflowId);
  return states.length > 0 && states.every(({ state }) => state === 'closed');
}

/** Milliseconds into a step that its last undisturbed run took twice as long for; at most a second and a half. */
function halfOfUsual(db, step) {
  const { half } = db
    .prepare(
      `SELECT min((julianday(ended_at) - julianday(begun_at)) * 43200000) AS half FROM entries
       WHERE step = ? AND state = 'done' AND attempts = 1`,
    )
    .get(step);
  return Math.min(half ?? 100, 1500);
}

function mainPid() {
  const shown = execFileSync('systemctl', ['show', '-p', 'MainPID', '--value', 'fdts-ops-host.service'], {
    encoding: 'utf8',
  });
  return Number(shown);
}
