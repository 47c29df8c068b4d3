// sample-memory.mjs PID FILE: until FILE exists, looks every 20 ms at the memory of a process and all below it. Prints
// [[when, anonymous KB, file KB], ...]: what they need themselves, and clean pages of files that the kernel can drop.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const [root, end] = process.argv.slice(2);
const samples = [];
while (!existsSync(end)) {
  samples.push([Date.now(), ...memory()]);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
process.stdout.write(JSON.stringify(samples));

function memory() {
  const processes = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const status = read(name);
    if (status !== undefined) processes.set(name, status);
  }
  let [anonymous, file] = [0, 0];
  for (const [name, status] of processes) {
    if (!isBelow(name, processes)) continue;
    anonymous += field(status, 'RssAnon');
    file += field(status, 'RssFile');
  }
  return [anonymous, file];
}

function isBelow(name, processes) {
  for (let at = name; processes.has(at); at = String(field(processes.get(at), 'PPid')))
    if (at === root) return true;
  return false;
}

function field(status, name) {
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
}

function read(name) {
  try {
    return readFileSync(`/proc/${name}/status`, 'utf8');
  } catch {
    return undefined;
  }
}
