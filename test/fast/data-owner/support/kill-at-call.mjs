// Preloaded into a child: it dies by SIGKILL just before its Nth call that changes a name or makes a file durable.
// KEEP_SYNCS=left out: what it asks to be made durable is not.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

let left = Number(process.env.KILL_AT);

function countDown() {
  left -= 1;
  if (left === 0) process.kill(process.pid, 'SIGKILL');
}

if (process.env.KEEP_SYNCS === 'left out') await leaveOutSyncs();
for (const name of ['link', 'rename', 'rm', 'mkdir', 'open', 'chmod', 'copyFile', 'unlink']) {
  const original = fs.promises[name];
  fs.promises[name] = (...args) => {
    countDown();
    return original(...args);
  };
}
syncBuiltinESMExports();

async function leaveOutSyncs() {
  const handle = await fs.promises.open('/dev/null');
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  prototype.sync = async () => undefined;
}
