import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { ensureSandboxImages } from '../../sandbox/images/sandbox-images.ts';
import { say } from '../../setup/say.ts';
import { type BenchData, buildData } from '../data/build-data.ts';
import { meter, type Timed, timed } from './timed.ts';

/** An FDTS's files on this machine, and both ways to work on them. */
export interface BenchSite extends BenchData {
  readonly backups: string;
  /** Types a script or program in the site's own backup container, measured inside it. */
  inBackupContainer(argv: readonly string[], may?: readonly number[]): Promise<Timed>;
  /** Runs one operation of the built program; `path` is the search path that it gets. */
  operation(name: string, args: object, path?: string): Promise<Timed>;
  /** The arguments of createBackup for a new archive. */
  newBackup(): { archive: string; manifest: string; runId: string; database: string; uploads: string };
  /** An archive of the site's own script, and one of fdts-ops: those that are there, else made now. */
  archives(): Promise<{ paper: string; ours: string }>;
  /** Waits until everything written so far is on the disk, so that no way pays for another one's writes. */
  settle(): Promise<void>;
}

const runner = fileURLToPath(new URL('./run-operation.mjs', import.meta.url));
const paper = fileURLToPath(new URL('../paper', import.meta.url));

/** Builds a site of some years below a folder. */
export async function buildBenchSite(folder: string): Promise<BenchSite> {
  say('Writing the data (525 MB database, 302 MB uploads) ...');
  const data = buildData(folder);
  const backups = join(folder, 'backups');
  await mkdir(backups, { recursive: true });
  await mkdir(join(folder, 'scratch'), { recursive: true });
  const { backup: image } = await ensureSandboxImages(say);
  const mounts = {
    '/app/data': join(folder, 'data'),
    '/app/uploads': data.uploads,
    '/app/backups': backups,
    '/paper': paper,
  };
  const volumes = Object.entries(mounts).map(([inside, path]) => `--volume=${path}:${inside}`);
  let made = 0;
  const site: BenchSite = {
    ...data,
    backups,
    inBackupContainer: (argv, may = []) =>
      timed(
        [
          'docker',
          'run',
          '--rm',
          '--label=fdts-ops=1',
          '--network=none',
          ...volumes,
          image,
          ...meter,
          ...argv,
        ],
        { may },
      ),
    operation: (name, args, path = process.env['PATH'] ?? '') =>
      timed([...meter, process.execPath, runner, name, JSON.stringify(args)], { env: { PATH: path } }),
    newBackup: () => {
      made += 1;
      const stamp = new Date(Date.UTC(2026, 0, 4, 2, 0, made)).toISOString().replaceAll(/[-:]/g, '');
      const archive = join(backups, `fdts_backup_${stamp.slice(0, 15).replace('T', '_')}.tar.gz`);
      return { ...data, archive, manifest: `${archive}.manifest.json`, runId: `bench-${made}` };
    },
    archives: async () => {
      const ours = (await readdir(backups)).find((name) => name.endsWith('.manifest.json'));
      if (ours === undefined) await site.operation('createBackup', site.newBackup());
      if ((await paperArchives(backups)).length === 0)
        await site.inBackupContainer(['/app/scripts/backup.sh']);
      return pair(backups);
    },
    settle: async () => void (await execa('sync')),
  };
  return site;
}

/** Removes the archives that are there, but for the newest of each way. */
export async function removeOlderArchives(backups: string): Promise<void> {
  const [mine, theirs] = [await oursArchives(backups), await paperArchives(backups)];
  for (const name of [...mine.slice(0, -1), ...theirs.slice(0, -1)]) {
    await rm(join(backups, name));
    await rm(join(backups, `${name}.manifest.json`), { force: true });
  }
}

async function pair(backups: string): Promise<{ paper: string; ours: string }> {
  const [mine, theirs] = [(await oursArchives(backups)).at(-1), (await paperArchives(backups)).at(-1)];
  if (mine === undefined || theirs === undefined)
    throw new Error(`${backups}: an archive of each way, expected`);
  return { paper: join(backups, theirs), ours: join(backups, mine) };
}

async function oursArchives(backups: string): Promise<string[]> {
  return (await archivesIn(backups)).filter((name) => existsSync(join(backups, `${name}.manifest.json`)));
}

async function paperArchives(backups: string): Promise<string[]> {
  return (await archivesIn(backups)).filter((name) => !existsSync(join(backups, `${name}.manifest.json`)));
}

async function archivesIn(backups: string): Promise<string[]> {
  return (await readdir(backups)).filter((name) => name.endsWith('.tar.gz')).sort();
}
