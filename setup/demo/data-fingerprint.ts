import { createHash } from 'node:crypto';
import type { SandboxHost } from '../../sandbox/host.ts';
import { smokeUser } from '../../sandbox/seed/seed-database.ts';

/** What users own on a host, as hashes: equal before and after means that nothing of theirs was touched. */
export interface DataFingerprint {
  readonly users: string;
  readonly files: string;
  /** Without the rows of the smoke checks' own account, which every check adds to. */
  readonly auditLogs: string;
  /** Over names and contents of all uploaded files. */
  readonly uploads: string;
}

const notOfSmokeChecks = `SELECT * FROM audit_logs WHERE user_id IS NOT (SELECT id FROM users WHERE username = '${smokeUser.username}') ORDER BY id`;
// A smoke check that is cut off in the middle leaves its one small file.
const ofSmokeChecks = "name LIKE 'fdts-ops-smoke-%'";
const queries = [
  'SELECT * FROM users ORDER BY id',
  `SELECT * FROM files WHERE NOT ${ofSmokeChecks} ORDER BY id`,
  notOfSmokeChecks,
];

/** Reads every row and every uploaded file; the app has to run (its container does the reading). */
export async function dataFingerprint(host: SandboxHost): Promise<DataFingerprint> {
  const hashes = queries.map((query) => `hex(sha3_query('${query.replaceAll("'", "''")}'))`);
  const left = `(SELECT group_concat(path, ' ') FROM files WHERE ${ofSmokeChecks})`;
  const inApp = ['docker-compose', 'exec', '-T', 'app'];
  const sql = `SELECT ${[...hashes, left].join(', ')}`;
  const read = ['sqlite3', '-readonly', '/app/data/database.sqlite', sql];
  const { stdout } = await host.exec([...inApp, ...read], { cwd: '/opt/fdts' });
  const [users = '', files = '', auditLogs = '', paths = ''] = stdout.trim().split('|');
  return { users, files, auditLogs, uploads: await uploadsHash(host, paths.split(' ').filter(Boolean)) };
}

/** What differs, by name; empty when nothing does. */
export function changedData(before: DataFingerprint, after: DataFingerprint): string[] {
  const parts = ['users', 'files', 'auditLogs', 'uploads'] as const;
  return parts.filter((part) => before[part] !== after[part]);
}

async function uploadsHash(host: SandboxHost, without: readonly string[]): Promise<string> {
  const { stdout } = await host.exec([
    'find',
    '/opt/fdts/uploads',
    '-type',
    'f',
    '-exec',
    'sha256sum',
    '{}',
    '+',
  ]);
  const lines = stdout.split('\n').filter((line) => !without.some((path) => line.endsWith(path)));
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}
