import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SandboxHost } from '../../sandbox/host.ts';
import { say } from '../../setup/say.ts';
import { buildData } from '../data/build-data.ts';

/** Makes the data of a site 1 GB: a database of 636 MB, uploads of 366 MB. */
const largeScale = 1.212;

/** Puts 1 GB of data under the FDTS of a host that is as on its first day; `resetFdts` takes it away again. */
export async function placeLargeStack(host: SandboxHost, folder: string): Promise<void> {
  say('Writing 1 GB of data and putting it on the host ...');
  const made = join(folder, 'large');
  buildData(made, largeScale);
  const project = { cwd: '/opt/fdts' };
  await host.exec(['docker-compose', 'stop'], project);
  await host.exec(['find', '/opt/fdts/data', '/opt/fdts/uploads', '-mindepth', '1', '-delete']);
  await host.copyTreeIn(made, '/opt/fdts');
  await rm(made, { recursive: true });
  await host.exec(['chown', '-R', '10001:10001', '/opt/fdts/data', '/opt/fdts/uploads']);
  await host.exec(['chmod', '750', '/opt/fdts/data', '/opt/fdts/uploads']);
  await host.exec(['chmod', '640', '/opt/fdts/data/database.sqlite']);
  await host.exec(['docker-compose', 'start'], project);
  await host.waitUntilServing();
}
