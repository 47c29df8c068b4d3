/** The audit trail of a database. */
export function createAuditLogs(database) {
  const insert = database.prepare(
    'INSERT INTO audit_logs (user_id, action, details, ip, timestamp) VALUES (?, ?, ?, ?, ?)',
  );
  const one = database.prepare('SELECT * FROM audit_logs WHERE id = ?');
  const count = database.prepare('SELECT count(*) AS count FROM audit_logs');
  return {
    add: (userId, action, details, ip) =>
      Number(insert.run(userId, action, details, ip, new Date().toISOString()).lastInsertRowid),
    find: (id) => one.get(id),
    count: () => count.get().count,
  };
}
