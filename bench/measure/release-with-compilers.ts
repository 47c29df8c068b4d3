import type { SandboxHost } from '../../sandbox/host.ts';
import { releaseVersion } from '../../sandbox/release-version.ts';

// What the app's image needs where its SQLite driver is compiled, and what the backup image's base has, installed anew.
const packages = { app: 'python3 make g++', backup: '--reinstall curl sqlite3' } as const;

/** Releases 1.1.0 with images that install Debian packages when they are built. */
export async function releaseWithCompilers(host: SandboxHost): Promise<void> {
  await releaseVersion(host, { version: '1.1.0' });
  for (const [service, names] of Object.entries(packages)) {
    const path = `/opt/fdts/${service}/Dockerfile`;
    const dockerfile = await host.readFile(path);
    const install = `RUN apt-get update && apt-get install -y --no-install-recommends ${names}`;
    const changed = dockerfile.replace(/^FROM .*$/m, `$&\n${install}`);
    if (changed === dockerfile) throw new Error(`${path}: got no line FROM, expected one`);
    await host.writeFile(path, changed);
  }
}
