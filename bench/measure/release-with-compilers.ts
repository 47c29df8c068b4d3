import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { SandboxHost } from '../../sandbox/host.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';

const install = (names: string) =>
  `RUN apt-get update && apt-get install -y --no-install-recommends ${names}`;

// As `npm install` does where it finds no binary of the app's SQLite driver: the library is nearly all of its work.
const compile =
  'COPY sqlite3.c sqlite3.h /driver/\nRUN gcc -O3 -fPIC -shared -o /driver/sqlite3.so /driver/sqlite3.c';

// What the backup image's base has is installed anew.
const instructions = {
  app: `${install('python3 make g++')}\n${compile}`,
  backup: install('--reinstall curl sqlite3'),
} as const;

/** Releases 1.1.0 with images that install Debian packages when they are built; that of the app compiles SQLite. */
export async function releaseWithCompilers(host: SandboxHost): Promise<void> {
  await releaseVersion(host, { version: '1.1.0' });
  const driver = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  for (const name of ['sqlite3.c', 'sqlite3.h'])
    await host.writeFile(`/opt/fdts/app/${name}`, await readFile(join(driver, 'deps', 'sqlite3', name)));
  for (const [service, lines] of Object.entries(instructions)) {
    const path = `/opt/fdts/${service}/Dockerfile`;
    const dockerfile = await host.readFile(path);
    const changed = dockerfile.replace(/^FROM .*$/m, `$&\n${lines}`);
    if (changed === dockerfile) throw new Error(`${path}: got no line FROM, expected one`);
    await host.writeFile(path, changed);
  }
}
