// Runs on the host as root: cuts the power of a disk before every call of a swap of restored data, and of its way back.
// node cut-swap.mjs swapInRestored|takeBackRestored KEEP-SYNCS
// The disk is a file with a real ext4 on it, mounted by a loop device, which commits by itself only after ten minutes: what
// the operation has not synced is in memory alone. A cut copies the file as it is while the file system is still mounted:
// what was in memory only is not in the copy. One sync makes all names durable that were given before it, on this file system:
// that none is missing between two of them is for swapped-durably.test.ts to see. Prints one JSON line a point.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const Database = createRequire('/opt/fdts-ops/package.json')('better-sqlite3');
const [cutOperation, keepSyncs] = process.argv.slice(2);
const work = '/root/power-cut';
const site = join(work, 'site');
const disk = (name) => join(work, `${name}.img`);
const data = {
  database: join(site, 'data', 'database.sqlite'),
  uploads: join(site, 'uploads'),
  asideDir: join(site, 'data', '.fdts-ops-run-1'),
};
const place = { ...data, runId: 'run-1' };
const backup = {
  archive: join(site, 'backups', 'fdts_backup_20260104_020000.tar.gz'),
  manifest: join(site, 'backups', 'fdts_backup_20260104_020000.tar.gz.manifest.json'),
};

rmSync(work, { recursive: true, force: true });
mkdirSync(site, { recursive: true });
makeLoopDevices();
const { before, backedUp } = await makeDisk();
for (let point = 1; ; point += 1) {
  copyDisk('staged', 'live');
  const wasCut = await mounted('live', async () => {
    const killed = await perform(cutOperation, place, { KILL_AT: String(point), KEEP_SYNCS: keepSyncs });
    copyDisk('live', 'cut');
    return killed;
  });
  const found = { point, wasCut };
  // Either way from there, each from the same cut.
  for (const way of ['swapInRestored', 'takeBackRestored']) found[way] = await onCut(() => outcomeOf(way));
  // An operation that has ended has said so: nothing may be left to make again.
  if (!wasCut) found.asLeft = await onCut(named);
  process.stdout.write(`${JSON.stringify(found)}\n`);
  if (!wasCut) break;
}

function onCut(look) {
  copyDisk('cut', 'again');
  return mounted('again', look);
}

/** A disk with a backed-up site, which users went on with, and its restore: staged, or swapped in when its way back is cut. */
function makeDisk() {
  execFileSync('truncate', ['--size=320M', disk('staged')]);
  execFileSync('mkfs.ext4', ['-q', disk('staged')]);
  return mounted('staged', async () => {
    for (const folder of ['data', 'uploads/2025', 'backups'])
      mkdirSync(join(site, folder), { recursive: true });
    inDatabase((db) => {
      db.exec(`PRAGMA journal_mode = wal; CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE);
        CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id), message TEXT)`);
      for (let id = 1; id <= 400; id += 1) {
        db.prepare('INSERT INTO users VALUES (?, ?)').run(id, `user-${id}@example.org`);
        db.prepare('INSERT INTO audit_logs VALUES (?, ?, ?)').run(id, id, 'x'.repeat(id));
      }
    });
    for (let file = 1; file < 6; file += 1)
      writeFileSync(
        join(data.uploads, file % 2 ? '2025' : '', `upload-${file}.bin`),
        Buffer.alloc(file * 7000, file),
      );
    const { database, uploads } = data;
    await mustPerform('createBackup', { database, uploads, ...backup, runId: 'run-0' });
    const wasBackedUp = content();
    inDatabase((db) =>
      db.exec("INSERT INTO users VALUES (900, 'late@example.org'); DELETE FROM audit_logs WHERE id = 2"),
    );
    writeFileSync(join(data.uploads, 'late.bin'), 'late');
    writeFileSync(join(data.uploads, 'upload-2.bin'), 'changed');
    const atFirst = content();
    await mustPerform('stageRestore', { ...place, ...backup, coreTables: ['users', 'audit_logs'] });
    if (cutOperation === 'takeBackRestored') await mustPerform('swapInRestored', place);
    return { before: atFirst, backedUp: wasBackedUp };
  });
}

/** What the data is once an operation was made after the cut: `restored`, `before`, or how it is neither. */
async function outcomeOf(way) {
  const hasDatabase = existsSync(data.database);
  const failed = await perform(way, place, {});
  if (failed !== false) return `${way} failed (${failed}), a database at its path: ${hasDatabase}`;
  return named();
}

function named() {
  const now = content();
  if (JSON.stringify(now) === JSON.stringify(before)) return 'before';
  if (JSON.stringify(now) === JSON.stringify(backedUp)) return 'restored';
  return `neither: ${JSON.stringify(now)}`;
}

/** Rows of both tables and the check, and the hash of every upload. */
function content() {
  const rows = inDatabase((db) => ({
    users: db.prepare('SELECT id, email FROM users ORDER BY id').all(),
    audit: db.prepare('SELECT id, message FROM audit_logs ORDER BY id').all(),
    check: db.pragma('integrity_check', { simple: true }),
  }));
  const files = readdirSync(data.uploads, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('.fdts-ops') && statSync(join(data.uploads, name)).isFile())
    .sort();
  const uploads = Object.fromEntries(
    files.map((name) => [name, hash(readFileSync(join(data.uploads, name)))]),
  );
  return { check: rows.check, rows: hash(JSON.stringify(rows)), uploads };
}

function inDatabase(look) {
  const db = new Database(data.database);
  try {
    return look(db);
  } finally {
    db.close();
  }
}

async function mustPerform(operation, args) {
  const failed = await perform(operation, args, {});
  if (failed !== false) throw new Error(`${operation}: ${failed}`);
}

/** Runs an operation in the real child program. false: it got through; true: it was killed; else what went wrong. */
async function perform(operation, args, env) {
  const program = '/opt/fdts-ops/dist/activities/adapters/data-owner/child.js';
  const preload = env.KILL_AT === undefined ? [] : ['--import', '/root/kill-at-call.mjs'];
  const child = spawn(process.execPath, [...preload, program], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  // It stays open: the program ends with whoever started it.
  child.stdin.write(`${JSON.stringify({ operation, args })}\n`);
  let said = '';
  child.stdout.on('data', (text) => (said += text));
  const [status, signal] = await once(child, 'close');
  if (signal === 'SIGKILL') return true;
  return status === 0 ? false : `code ${status}: ${said.slice(-400)}`;
}

async function mounted(name, act) {
  execFileSync('mount', ['-o', 'loop,commit=600', disk(name), site]);
  try {
    return await act();
  } finally {
    execFileSync('umount', [site]);
  }
}

function copyDisk(from, to) {
  execFileSync('cp', ['--sparse=always', disk(from), disk(to)]);
}

/** A container has none of its own. */
function makeLoopDevices() {
  const nodes = [
    ['loop-control', 'c', 10, 237],
    ...Array.from({ length: 64 }, (_, n) => [`loop${n}`, 'b', 7, n]),
  ];
  for (const [name, ...kind] of nodes)
    if (!existsSync(`/dev/${name}`)) execFileSync('mknod', [`/dev/${name}`, ...kind.map(String)]);
}

function hash(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
