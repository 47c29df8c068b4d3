import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { createRandom } from '../../sandbox/seed/random.ts';
import { seedCounts, seedDatabase } from '../../sandbox/seed/seed-database.ts';
import { benchUploads, writeUploads } from './write-uploads.ts';

const schema = fileURLToPath(new URL('../../sandbox/fdts/app/schema.sql', import.meta.url));

/** The database at scale 1: 525 MB, nearly all of it audit rows and their four indexes, as in an app of some years. */
const auditLogs = 780_000;
const sessions = 60_000;

/** Where the data of a site lies. */
export interface BenchData {
  readonly database: string;
  readonly uploads: string;
}

/**
 * Writes the data that the figures are measured with: the sandbox's own schema and account, a database of 525 MB and
 * 3,000 uploads of 302 MB, 60 % of them incompressible. The same bytes of content every time; `scale` 0.1 is a tenth.
 */
export function buildData(folder: string, scale = 1): BenchData {
  const data = { database: join(folder, 'data/database.sqlite'), uploads: join(folder, 'uploads') };
  for (const made of [join(folder, 'data'), data.uploads]) mkdirSync(made, { recursive: true });
  const files = writeUploads(data.uploads, Math.round(benchUploads * scale));
  seedDatabase(data.database, schema, files);
  const database = new Database(data.database);
  database.pragma('synchronous = OFF');
  database.transaction(() => growAuditLogs(database, Math.round(auditLogs * scale)))();
  database.transaction(() => addSessions(database, Math.round(sessions * scale)))();
  database.exec(`CREATE INDEX audit_logs_by_ip ON audit_logs (ip, timestamp);
    CREATE INDEX audit_logs_by_action ON audit_logs (action, timestamp);
    ANALYZE`);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
  return data;
}

/** Long rows of ids and text beside the short ones of the seed: they compress to about 0.4, as real ones do. */
function growAuditLogs(database: Database.Database, rows: number): void {
  const random = createRandom(11);
  const insert = database.prepare('INSERT INTO audit_logs VALUES (?, ?, ?, ?, ?, ?)');
  const from = seedCounts.auditLogs + 1;
  for (let id = from; id <= rows; id += 1) {
    const user = 1 + Math.floor(random() * seedCounts.users);
    const ip = `192.0.2.${Math.floor(random() * 256)}`;
    const seconds = Date.UTC(2025, 10, 1) / 1_000 + (id - from) * 40;
    const timestamp = new Date(seconds * 1_000).toISOString();
    insert.run(id, user, actions[id % actions.length], details(id, random), ip, timestamp);
  }
}

const actions = ['document-viewed', 'document-shared', 'document-signed', 'session-renewed'];

function details(id: number, random: () => number): string {
  const hex = (words: number) =>
    Array.from({ length: words }, () => Math.floor(random() * 2 ** 32).toString(16)).join('');
  return JSON.stringify({
    request: hex(4),
    session: hex(4),
    document: hex(2),
    agent: `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/${100 + (id % 30)}.0.0.0 Safari/537.36`,
    referrer: `https://fdts.example/documents/${id % 3_000}/pages/${id % 17}`,
    signature: hex(25 + (id % 14)),
  });
}

function addSessions(database: Database.Database, rows: number): void {
  const random = createRandom(12);
  database.exec(`CREATE TABLE sessions (
    token TEXT PRIMARY KEY, user_id INTEGER NOT NULL REFERENCES users (id), expires_at TEXT NOT NULL)`);
  const insert = database.prepare('INSERT INTO sessions VALUES (?, ?, ?)');
  for (let row = 0; row < rows; row += 1) {
    const token = Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 48).toString(16)).join('.');
    insert.run(token, 1 + Math.floor(random() * seedCounts.users), new Date(row * 60_000).toISOString());
  }
}
