import { readFileSync } from 'node:fs';
import { createAuditLogs } from './audit-logs.mjs';
import { openDatabase } from './database.mjs';
import { createFaults } from './faults.mjs';
import { log } from './log.mjs';
import { createRoutes } from './routes.mjs';
import { createAppServer } from './server.mjs';
import { createUploads } from './uploads.mjs';

const release = JSON.parse(readFileSync(new URL('../version.json', import.meta.url), 'utf8'));
const database = openDatabase(required('DATABASE_PATH'), release);
const faults = createFaults(required('DATABASE_PATH'), process.env.SANDBOX_FAULTS);
const server = createAppServer(
  createRoutes({
    database,
    faults,
    release,
    uploads: createUploads(required('UPLOADS_PATH')),
    auditLogs: createAuditLogs(database),
    secrets: { access: required('JWT_SECRET'), refresh: required('JWT_REFRESH_SECRET') },
  }),
  faults,
);

server.listen(Number(process.env.PORT ?? 3001), () => log('info', 'listening', { version: release.version }));
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stop(signal));

/** Requests under way are finished, then the database is closed, which empties and removes its -wal. */
function stop(signal) {
  log('info', 'stopping', { signal });
  server.close(() => {
    database.close();
    log('info', 'stopped');
    process.exit(0);
  });
  server.closeIdleConnections();
}

function required(name) {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set: expected it in .env.production`);
}
