import { HttpError } from './http-error.mjs';
import { passwordMatches } from './passwords.mjs';
import { readJson, readUpload } from './request-body.mjs';
import { signToken, verifyToken } from './tokens.mjs';

const tokenSeconds = 15 * 60;
const refreshSeconds = 7 * 24 * 3600;

/** What each path answers: [method, path pattern, handler]; a handler gives {status, body} or {status, bytes}. */
export function createRoutes({ database, faults, uploads, auditLogs, release, secrets }) {
  const userByName = database.prepare('SELECT * FROM users WHERE username = ?');
  const fileById = database.prepare('SELECT * FROM files WHERE id = ?');
  const files = database.prepare(
    'SELECT id, name, size, sha256, created_at FROM files ORDER BY created_at DESC LIMIT 100',
  );
  const addFile = database.prepare(
    'INSERT INTO files (id, user_id, name, path, size, sha256, created_at) VALUES (@id, @userId, @name, @path, @size, @sha256, @createdAt)',
  );
  const dropFile = database.prepare('DELETE FROM files WHERE id = ?');

  return [
    ['GET', /^\/api\/health$/, health],
    ['POST', /^\/api\/sandbox\/faults$/, setFaults],
    ['POST', /^\/api\/auth\/login$/, login],
    ['POST', /^\/api\/auth\/refresh$/, refresh],
    ['POST', /^\/api\/files$/, signedIn(upload)],
    ['GET', /^\/api\/files$/, signedIn(() => ({ status: 200, body: files.all() }))],
    ['GET', /^\/api\/files\/([\w-]+)$/, signedIn(download)],
    ['DELETE', /^\/api\/files\/([\w-]+)$/, signedIn(removeFile)],
    ['POST', /^\/api\/audit-logs$/, signedIn(addAuditLog)],
    [
      'GET',
      /^\/api\/audit-logs\/count$/,
      signedIn(() => ({ status: 200, body: { count: auditLogs.count() } })),
    ],
    [
      'GET',
      /^\/api\/audit-logs\/(\d+)$/,
      signedIn(({ id }) => ({ status: 200, body: found(auditLogs.find(Number(id))) })),
    ],
  ];

  function health({ request }) {
    database.prepare('SELECT 1 FROM users LIMIT 1').get();
    const isOfUsers = request.headers['x-forwarded-for'] !== undefined;
    if (release.fault === 'never-healthy' || (release.fault === 'not-for-users' && isOfUsers)) {
      return { status: 503, body: { status: 'error', version: release.version, database: 'ok' } };
    }
    return { status: 200, body: { status: 'ok', version: release.version, database: 'ok' } };
  }

  async function setFaults({ request }) {
    faults.set(await readJson(request));
    return { status: 204 };
  }

  async function login({ request, ip }) {
    const { username, password } = await readJson(request);
    const user = userByName.get(String(username));
    const accepted = user && passwordMatches(String(password), user.password_hash);
    auditLogs.add(user?.id ?? null, accepted ? 'login' : 'login-failed', String(username), ip);
    if (!accepted) throw new HttpError(401, 'wrong username or password');
    return { status: 200, body: tokens(user.id) };
  }

  async function refresh({ request }) {
    const userId = verifyToken(String((await readJson(request)).refreshToken), secrets.refresh);
    if (userId === undefined) throw new HttpError(401, 'refresh token is not valid');
    return { status: 200, body: tokens(userId) };
  }

  async function upload({ request, userId, ip }) {
    const { name, bytes } = await readUpload(request);
    const stored = await uploads.store(bytes);
    addFile.run({ ...stored, userId, name, createdAt: new Date().toISOString() });
    auditLogs.add(userId, 'upload', stored.id, ip);
    return { status: 201, body: { id: stored.id, name, size: stored.size, sha256: stored.sha256 } };
  }

  async function download({ id }) {
    return { status: 200, bytes: await uploads.read(found(fileById.get(id)).path) };
  }

  async function removeFile({ id, userId, ip }) {
    const file = found(fileById.get(id));
    dropFile.run(id);
    await uploads.remove(file.path);
    auditLogs.add(userId, 'delete', id, ip);
    return { status: 204 };
  }

  async function addAuditLog({ request, userId, ip }) {
    const { action, details } = await readJson(request);
    if (typeof action !== 'string') throw new HttpError(400, 'action: expected a text');
    const text = typeof details === 'string' ? details : JSON.stringify(details ?? {});
    return { status: 201, body: { id: auditLogs.add(userId, action, text, ip) } };
  }

  function signedIn(handler) {
    return (call) => {
      const token = /^Bearer (.+)$/.exec(call.request.headers.authorization ?? '')?.[1];
      const userId = token && verifyToken(token, secrets.access);
      if (!userId) throw new HttpError(401, 'not signed in');
      return handler({ ...call, userId });
    };
  }

  function tokens(userId) {
    return {
      token: signToken(userId, secrets.access, tokenSeconds),
      refreshToken: signToken(userId, secrets.refresh, refreshSeconds),
    };
  }
}

function found(row) {
  if (!row) throw new HttpError(404, 'not found');
  return row;
}
