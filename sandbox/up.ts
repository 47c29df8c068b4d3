import { parseArgs } from 'node:util';
import { removeSandboxHost, startSandboxHost } from './host.ts';
import { ensureNetwork, removeNetwork } from './network.ts';
import { purgeSandboxImages } from './purge.ts';

const name = 'fdts-ops-sandbox';
const say = (line: string) => void process.stdout.write(`${line}\n`);
const { values } = parseArgs({
  options: { down: { type: 'boolean', default: false }, purge: { type: 'boolean', default: false } },
});

await removeSandboxHost(name);
if (values.down || values.purge) {
  await removeNetwork(name);
  if (values.purge) await purgeSandboxImages();
  say('The sandbox is gone.');
} else {
  const began = Date.now();
  await ensureNetwork(name);
  const host = await startSandboxHost({ name, network: name, say });
  say(`FDTS answers on ${host.httpUrl} after ${((Date.now() - began) / 1000).toFixed(1)} s.`);
  say(`A shell on its host: docker exec -it ${name} bash`);
}
