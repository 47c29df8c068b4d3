import { chmod, mkdir, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { timeLimit } from '../activities/adapters/time-limit.ts';
import { goInstall } from './go-install.ts';
import { cacheFolder } from './instance.ts';
import { reasonOf } from './reason-of.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';

/** The newest compose v2 that `go install` can build; later ones have replace directives. */
const VERSION = 'v2.24.0';
const NAME = 'docker-compose-v2';
const PROGRAM = {
  module: `github.com/docker/compose/v2/cmd@${VERSION}`,
  builtAs: 'cmd',
  name: NAME,
  // Without it the program calls itself "dev", and so do its containers.
  set: { variable: 'github.com/docker/compose/v2/internal.Version', value: VERSION },
};
const DOWNLOAD_MS = 150_000;

/** Where the engine's client looks for plugins. */
const PLUGIN_FOLDERS = [
  join(homedir(), '.docker/cli-plugins'),
  '/usr/local/lib/docker/cli-plugins',
  '/usr/local/libexec/docker/cli-plugins',
  '/usr/lib/docker/cli-plugins',
  '/usr/libexec/docker/cli-plugins',
];

/**
 * A compose v2 for the sandbox host, which has v1: the plugin of this machine, else one that was got before, else
 * downloaded, else built with Go (about five minutes, once). Returns the path of the program.
 */
export async function ensureComposeV2(): Promise<string> {
  const folder = join(cacheFolder(), 'bin');
  const cached = join(folder, NAME);
  for (const path of [...PLUGIN_FOLDERS.map((plugins) => join(plugins, 'docker-compose')), cached])
    if (await isComposeV2(path)) return path;
  const notDownloaded = await problemOf(() => download(cached));
  if (notDownloaded === null && (await isComposeV2(cached))) return cached;
  say(
    `Compose ${VERSION} was not downloaded (${notDownloaded}): building it with Go, about five minutes, once ...`,
  );
  const notBuilt = await problemOf(() => goInstall(PROGRAM, folder));
  if (notBuilt === null && (await isComposeV2(cached))) return cached;
  throw new SetUpError({
    what: 'No compose v2 could be found, downloaded or built.',
    got: `download: ${notDownloaded}; build: ${notBuilt}`,
    expected: 'the compose plugin of Docker, a reachable download site, or Go 1.24 or newer',
    next: 'install the compose plugin (https://docs.docker.com/compose/install/linux/) or Go (https://go.dev/doc/install), then the same command again',
  });
}

async function isComposeV2(path: string): Promise<boolean> {
  const answer = await execa(path, ['version'], { reject: false, timeout: 20_000 });
  return answer.exitCode === 0 && /version v?2\./i.test(answer.stdout);
}

async function download(to: string): Promise<void> {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const url = `https://github.com/docker/compose/releases/download/${VERSION}/docker-compose-linux-${machine}`;
  const answer = await fetch(url, { signal: timeLimit(DOWNLOAD_MS) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  await mkdir(join(to, '..'), { recursive: true });
  const part = `${to}.${process.pid}.part`;
  await writeFile(part, Buffer.from(await answer.arrayBuffer()));
  await chmod(part, 0o755);
  await rename(part, to);
}

async function problemOf(attempt: () => Promise<void>): Promise<string | null> {
  try {
    await attempt();
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}
