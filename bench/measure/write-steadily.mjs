// write-steadily.mjs DATABASE: the app's writer, as a process of its own: 200 transactions a second, each one row, and how
// long each took. The parent sends `mark` and gets what was measured since the mark before.
import Database from 'better-sqlite3';

const perSecond = 200;
const database = new Database(process.argv[2]);
database.pragma('synchronous = NORMAL');
const insert = database.prepare(
  "INSERT INTO audit_logs (user_id, action, details, ip, timestamp) VALUES (1, 'bench', hex(randomblob(64)), '192.0.2.1', datetime('now'))",
);

let milliseconds = [];
let since = performance.now();
const began = since;
let written = 0;
setInterval(() => {
  // A timer may come late: what is due by now is written, so that the rate holds.
  const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
  while (written < due) {
    const before = performance.now();
    insert.run();
    milliseconds.push(performance.now() - before);
    written += 1;
  }
}, 1);
process.on('message', () => {
  const seconds = (performance.now() - since) / 1000;
  process.send({ milliseconds, seconds });
  milliseconds = [];
  since = performance.now();
});
process.on('disconnect', () => process.exit(0));
