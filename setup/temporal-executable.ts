import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { cacheFolder } from './instance.ts';
import { reasonOf } from './reason-of.ts';
import { say } from './say.ts';
import { SetUpError } from './set-up-error.ts';
import { buildTemporalWithGo, pinnedTemporalModule } from './temporal-build.ts';
import { downloadTemporalBySdk } from './temporal-download.ts';

/** A Temporal CLI that works, where it came from, and the server version that it says it contains. */
export interface TemporalExecutable {
  readonly path: string;
  readonly chosen: 'path' | 'sdk-cache' | 'built';
  readonly version: string;
}

/** Where to look and how to get one; the defaults are this machine's. */
export interface TemporalSources {
  readonly searchPath?: string;
  readonly cache?: string;
  /** The folder where the SDK's own tests keep their download. */
  readonly sdkTemp?: string;
  readonly download?: (folder: string) => Promise<void>;
  readonly build?: (folder: string) => Promise<void>;
}

/**
 * Finds a Temporal CLI: `temporal` on PATH, else the SDK's own cached download, else one built before; where
 * there is none yet, lets the SDK download it, and where no download site is reachable builds it with Go.
 */
export async function chooseTemporalExecutable(sources: TemporalSources = {}): Promise<TemporalExecutable> {
  const {
    searchPath = process.env['PATH'] ?? '',
    sdkTemp = tmpdir(),
    cache = join(cacheFolder(), 'bin'),
  } = sources;
  const { download = downloadTemporalBySdk, build = buildTemporalWithGo } = sources;
  const sdkName = sdkDownloadName();

  const found =
    (await firstWorking(
      'path',
      searchPath.split(delimiter).map((folder) => join(folder, 'temporal')),
    )) ??
    (await firstWorking('sdk-cache', [join(cache, sdkName), join(sdkTemp, sdkName)])) ??
    (await firstWorking('built', [join(cache, 'temporal')]));
  if (found) return found;

  say('No temporal CLI on PATH or in the cache: letting the Temporal SDK download one ...');
  const downloadProblem = await problemOf(download(cache));
  const downloaded = await firstWorking('sdk-cache', [join(cache, sdkName)]);
  if (downloaded) return downloaded;

  say(
    `Not downloaded (${downloadProblem}): building ${pinnedTemporalModule} with Go, about five minutes, once ...`,
  );
  const buildProblem = await problemOf(build(cache));
  const built = await firstWorking('built', [join(cache, 'temporal')]);
  if (built) return built;
  throw new SetUpError({
    what: 'No Temporal server could be found, downloaded or built.',
    got: `download: ${downloadProblem}; build: ${buildProblem}`,
    expected: '`temporal` on PATH, a reachable download site, or Go 1.24 or newer',
    next: 'install the Temporal CLI (https://docs.temporal.io/cli) or Go (https://go.dev/doc/install), or set TEMPORAL_ADDRESS to a server that you have, then the same command again',
  });
}

/** The file name under which this version of the SDK keeps the CLI that it downloads. */
export function sdkDownloadName(): string {
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/testing/package.json');
  const version =
    typeof manifest === 'object' && manifest !== null && 'version' in manifest && manifest.version;
  return `temporal-sdk-typescript-${String(version)}`;
}

async function firstWorking(
  chosen: TemporalExecutable['chosen'],
  paths: string[],
): Promise<TemporalExecutable | undefined> {
  for (const path of paths) {
    if (!isExecutable(path)) continue;
    const version = await serverVersion(path);
    if (version) return { path, chosen, version };
    say(`${path} is not used: it does not answer --version as the Temporal CLI with a server does`);
  }
  return undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}

async function serverVersion(path: string): Promise<string | undefined> {
  const answer = await execa(path, ['--version'], { reject: false, timeout: 20_000 });
  return /temporal version .*\(Server ([^,)]+)/i.exec(answer.stdout ?? '')?.[1];
}

async function problemOf(attempt: Promise<void>): Promise<string> {
  try {
    await attempt;
    return 'it did not give a working program';
  } catch (error) {
    return reasonOf(error);
  }
}
