import { readFile } from 'node:fs/promises';
import { arch, cpus, release, totalmem } from 'node:os';
import Database from 'better-sqlite3';
import { execa } from 'execa';
import { ensureSandboxImages } from '../../sandbox/images/sandbox-images.ts';
import { say } from '../../setup/say.ts';

/** What the figures were measured on, and with which versions. */
export async function machineFacts(folder: string): Promise<{ what: string; is: string }[]> {
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  return [
    { what: 'Processor', is: `${cpus()[0]?.model.trim() || arch()}, ${cpus().length} cores` },
    { what: 'Memory', is: `${(totalmem() / 2 ** 30).toFixed(1)} GiB` },
    {
      what: 'File system of the data',
      is: await firstLine('stat', '--file-system', '--format', '%T', folder),
    },
    { what: 'System', is: `${system ?? 'unknown'}, Linux ${release()}` },
    { what: 'Node', is: process.version },
    { what: 'SQLite of fdts-ops', is: bundledSqlite() },
    { what: 'Docker engine', is: await firstLine('docker', 'version', '--format', '{{.Server.Version}}') },
    ...(await versionsInBackupImage()),
    { what: 'igzip', is: await firstLine('igzip', '--version') },
  ];
}

/** What the paper runbook's commands are, in the container in which they are typed. */
async function versionsInBackupImage(): Promise<{ what: string; is: string }[]> {
  const { backup } = await ensureSandboxImages(say);
  const ask = (program: string) =>
    firstLine('docker', 'run', '--rm', '--label=fdts-ops=1', '--network=none', backup, program, '--version');
  return [
    { what: "SQLite of the runbook's sqlite3", is: (await ask('sqlite3')).split(' ')[0] ?? '' },
    { what: "The runbook's tar and gzip", is: `${await ask('tar')}, ${await ask('gzip')}` },
  ];
}

/** The first line that a program prints; `not installed` when it cannot be run. */
export async function firstLine(program: string, ...args: string[]): Promise<string> {
  const { stdout, stderr, exitCode } = await execa(program, args, { reject: false });
  if (exitCode !== 0) return 'not installed';
  return (stdout || stderr).split('\n')[0]?.trim() ?? '';
}

function bundledSqlite(): string {
  const database = new Database(':memory:');
  try {
    return database.prepare<[], string>('SELECT sqlite_version()').pluck().get() ?? 'unknown';
  } finally {
    database.close();
  }
}
