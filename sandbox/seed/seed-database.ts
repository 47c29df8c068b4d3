import { scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { createRandom } from './random.ts';
import type { SeedFile } from './seed-uploads.ts';

/** How much the seeded database holds. */
export const seedCounts = { users: 10_000, auditLogs: 200_000, files: 520 } as const;

/** The one account with a password that is known: what smoke checks sign in with. */
export const smokeUser = { username: 'smoke', password: 'smoke-check-of-the-sandbox' } as const;

const newest = Date.UTC(2025, 10, 1);
const yearMs = 365 * 24 * 3600 * 1000;
const actions = ['login', 'logout', 'upload', 'download', 'delete', 'share', 'rename', 'login-failed'];
const firstNames = [
  'ada',
  'bea',
  'carl',
  'dora',
  'emil',
  'finn',
  'gita',
  'hugo',
  'ines',
  'jon',
  'kim',
  'lena',
];

/** Writes a new database file with users, audit rows and the rows of the files given; the same bytes of content every time. */
export function seedDatabase(path: string, schemaPath: string, files: readonly SeedFile[]): void {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = OFF');
  database.exec(readFileSync(schemaPath, 'utf8'));
  database.transaction(() => addUsers(database))();
  database.transaction(() => addAuditLogs(database))();
  database.transaction(() => addFiles(database, files))();
  database.exec('ANALYZE');
  database.close();
}

function addUsers(database: Database.Database): void {
  const random = createRandom(1);
  const insert = database.prepare('INSERT INTO users VALUES (?, ?, ?, ?, ?)');
  insert.run(1, smokeUser.username, 'smoke@fdts.example', hashOf(smokeUser.password), timeOf(0));
  for (let id = 2; id <= seedCounts.users; id += 1) {
    const username = `${pick(firstNames, random)}${id}`;
    const nobodyKnows = `scrypt$1024$${hex(16, random)}$${hex(64, random)}`;
    insert.run(id, username, `${username}@fdts.example`, nobodyKnows, timeOf(random()));
  }
}

function addAuditLogs(database: Database.Database): void {
  const random = createRandom(2);
  const insert = database.prepare('INSERT INTO audit_logs VALUES (?, ?, ?, ?, ?, ?)');
  for (let id = 1; id <= seedCounts.auditLogs; id += 1) {
    const user = 1 + Math.floor(random() * seedCounts.users);
    const ip = `10.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}.${Math.floor(random() * 256)}`;
    const details = JSON.stringify({ session: hex(12, random), item: Math.floor(random() * 1e6) });
    insert.run(id, user, pick(actions, random), details, ip, timeOf(id / seedCounts.auditLogs));
  }
}

function addFiles(database: Database.Database, files: readonly SeedFile[]): void {
  const random = createRandom(3);
  const insert = database.prepare('INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const file of files) {
    const user = 1 + Math.floor(random() * seedCounts.users);
    insert.run(file.id, user, file.name, file.path, file.size, file.sha256, timeOf(random()));
  }
}

function hashOf(password: string): string {
  const salt = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  return `scrypt$1024$${salt.toString('hex')}$${scryptSync(password, salt, 32, { N: 1024 }).toString('hex')}`;
}

/** A time in the seeded year; `part` 0 is its begin, 1 its end. */
function timeOf(part: number): string {
  return new Date(newest - yearMs + Math.floor(part * yearMs)).toISOString();
}

function pick(values: readonly string[], random: () => number): string {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}

function hex(digits: number, random: () => number): string {
  let text = '';
  while (text.length < digits)
    text += Math.floor(random() * 0x1_0000_0000)
      .toString(16)
      .padStart(8, '0');
  return text.slice(0, digits);
}
