// Imported by the child of a host's worker: at the moment at which a restore enters a phase (its record has just got its
// name), once for each phase that is listed, the child is killed, or stands still until the power is cut.
// The folder below: `how` (kill or hold), `phases` (one a line); each phase that was met has an empty file there.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';

const FOLDER = '/var/lib/fdts-test-phases';
const read = (name) => fs.readFileSync(path.join(FOLDER, name), 'utf8').trim();
const { rename } = fs.promises;

fs.promises.rename = async (from, to) => {
  await rename(from, to);
  if (path.basename(String(to)) !== 'restore.json') return;
  const { phase } = JSON.parse(fs.readFileSync(to, 'utf8'));
  const met = path.join(FOLDER, phase);
  if (!read('phases').split('\n').includes(phase) || fs.existsSync(met)) return;
  fs.writeFileSync(met, '');
  process.kill(process.pid, read('how') === 'kill' ? 'SIGKILL' : 'SIGSTOP');
};
syncBuiltinESMExports();
