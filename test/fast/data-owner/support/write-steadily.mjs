// The app in tests: as its own process and user, one user and one audit row in one transaction, so many times a second.
import Database from 'better-sqlite3';

const [, , path, perSecond = '200'] = process.argv;
const tickMs = 5;
const perTick = (Number(perSecond) * tickMs) / 1_000;
const database = new Database(path);
database.pragma('synchronous = NORMAL');
const user = database.prepare('INSERT INTO users (email) VALUES (hex(randomblob(12)))');
const audit = database.prepare("INSERT INTO audit_logs (user_id, message) VALUES (?, 'signed up')");
const signUp = database.transaction(() => audit.run(user.run().lastInsertRowid));

let written = 0;
let errors = 0;
let longestMs = 0;
const started = Date.now();
const timer = setInterval(() => {
  // A late timer makes up for what it missed: a busy machine writes no less.
  const due = Math.round(((Date.now() - started) / tickMs) * perTick);
  while (written < due) {
    const begun = Date.now();
    try {
      signUp();
    } catch {
      errors += 1;
    }
    longestMs = Math.max(longestMs, Date.now() - begun);
    written += 1;
    if (written === 20) process.send({ started: true });
  }
}, tickMs);
process.on('message', () => {
  clearInterval(timer);
  database.close();
  process.send({ written, errors, longestMs }, () => process.exit(0));
});
