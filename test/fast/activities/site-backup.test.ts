import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import type { ExecState } from '../../../activities/adapters/docker/exec.ts';
import { runSiteBackup } from '../../../activities/backups/site-backup.ts';
import { buildSite, context, type Site } from '../data-owner/support/build-site.ts';
import { smallHost } from './support/small-host.ts';

const STAMP = '20260601_020000';
const MADE = 'fdts_backup_20260601_020001.tar.gz';

let site: Site;
let good: string;
beforeEach(async () => {
  site = buildSite({ rows: 9, files: 2, own: false });
  good = join(site.root, 'good.tar.gz');
  const { database, uploads, archive, manifest } = site;
  await operations.createBackup({ database, uploads, archive, manifest, runId: 'run-1' }, context);
  copyFileSync(archive, good);
});

/** An engine as far as the script needs it: programs run on when the attempt that started them is gone. */
class Engine {
  readonly running = new Map<string, ChildProcess | null>();
  readonly started: string[] = [];
  private readonly script: () => string;

  constructor(script: string | (() => string)) {
    this.script = typeof script === 'string' ? () => script : script;
    onTestFinished(() => {
      for (const child of this.running.values()) child?.kill('SIGKILL');
    });
  }

  /** After a restart it knows none of them any more. */
  forget(): void {
    this.running.clear();
  }

  readonly docker = {
    projectContainers: async () => [
      {
        id: 'c',
        service: 'backup',
        name: 'fdts_backup_1',
        state: 'running',
        health: null,
        exitCode: 0,
        imageId: '',
        imageName: '',
        restartPolicy: 'no',
        mounts: [],
        publishedPorts: [],
        composeVersion: null,
        configHash: null,
        networks: [],
        projectFolder: null,
        createdAt: '2026-01-01T00:00:00.000Z',
        startedAt: null,
      },
    ],
    createExec: async () => {
      const id = `exec-${this.running.size}`;
      this.running.set(id, null);
      return id;
    },
    inspectExec: async (id: string): Promise<ExecState | null> => {
      const child = this.running.get(id);
      if (child === undefined) return null;
      if (child === null) return { running: false, exitCode: null, pid: 0 };
      const isOver = child.exitCode !== null || child.signalCode !== null;
      return { running: !isOver, exitCode: isOver ? (child.exitCode ?? 137) : null, pid: child.pid ?? 0 };
    },
    startExec: async (id: string, onOutput: (chunk: Buffer) => void) => {
      this.started.push(id);
      const child = spawn('bash', ['-c', this.script()], { cwd: site.backups });
      this.running.set(id, child);
      child.stdout.on('data', onOutput);
      child.stderr.on('data', onOutput);
      await once(child, 'close');
    },
    waitExec: async (id: string) => {
      const child = this.running.get(id);
      if (child !== null && child !== undefined && child.exitCode === null && child.signalCode === null)
        await once(child, 'exit');
      return this.docker.inspectExec(id);
    },
    endExec: async (id: string) => {
      this.running.get(id)?.kill('SIGKILL');
      return true;
    },
  };
}

function runScript(engine: Engine, timeout = '1h', signal: AbortSignal = new AbortController().signal) {
  const host = { ...smallHost(site, { command: { timeout } }), docker: engine.docker };
  const { command } = host.config.backups;
  if (command === null) throw new Error('the configuration has a command');
  return runSiteBackup(host, command, { stamp: STAMP, signal });
}

const kept = () => join(site.root, 'state', 'command-output');

test('the one archive that the script made is found by comparison, with its hash, whatever else lies there', async () => {
  writeFileSync(join(site.backups, 'fdts_backup_20991231_235959.tar.gz'), 'newest by name, and not ours');
  const engine = new Engine(`cp ${good} ${MADE}; touch photo.jpg .hidden; echo "Backup created"`);
  const made = await runScript(engine);
  const { bytes, sha256 } = await operations.hashArchive({ archive: good }, context);
  expect(made).toEqual({ archive: join(site.backups, MADE), bytes, sha256 });
  expect(existsSync(`${made.archive}.manifest.json`)).toBe(false);
});

test('one that was written again under an old name counts as made', async () => {
  writeFileSync(join(site.backups, MADE), 'of the same second');
  expect(await runScript(new Engine(`cp ${good} ${MADE}`))).toMatchObject({
    archive: join(site.backups, MADE),
  });
});

test.each([
  ['no archive', 'echo done', 'NO_NEW_ARCHIVE', /new there: nothing/],
  ['one of another name', 'touch dump.tar.gz', 'NO_NEW_ARCHIVE', /new there: dump\.tar\.gz/],
  ['two archives', 'touch fdts_backup_20260601_02000{1,2}.tar.gz', 'SEVERAL_NEW_ARCHIVES', /2 new archives/],
])('a script that leaves %s is refused, and the next attempt begins anew', async (_, script, code, cause) => {
  const engine = new Engine(script);
  const refused = runScript(engine);
  await expect(refused).rejects.toMatchObject({ code, retryable: false });
  await expect(refused).rejects.toThrow(cause);
  const again = new Engine(`cp ${good} fdts_backup_20260601_030000.tar.gz`);
  expect((await runScript(again)).archive).toContain('_030000');
});

test('a script that fails is told by exit code and last lines without names of files; all of it stays on the host', async () => {
  const engine = new Engine('echo "tar: ./uploads/secret-name.pdf: file changed" >&2; exit 3');
  const failed = runScript(engine);
  await expect(failed).rejects.toMatchObject({ code: 'SITE_BACKUP_FAILED', retryable: false });
  await expect(failed).rejects.toThrow(/exit code 3: tar: .*file changed/);
  await expect(failed).rejects.not.toThrow(/secret-name/);
  const [file] = readdirSync(kept());
  const path = join(kept(), file ?? '');
  expect(readFileSync(path, 'utf8')).toContain('secret-name.pdf');
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a script that takes too long is ended, and so is one whose run is aborted', async () => {
  const hanging = new Engine('exec sleep 600');
  await expect(runScript(hanging, '1s')).rejects.toThrow(/still running after 1 s; it was ended/);
  const stop = new AbortController();
  const engine = new Engine('exec sleep 600');
  const stopped = runScript(engine, '1h', stop.signal);
  await expect.poll(() => engine.started.length).toBe(1);
  stop.abort();
  await expect(stopped).rejects.toThrow(/abort/i);
  expect([...engine.running.values()].map((child) => child?.killed)).toEqual([true]);
  // As after a worker that was restarted: what it ended is no failure of the script.
  const again = new Engine(`cp ${good} ${MADE}`);
  for (const [id, child] of engine.running) again.running.set(id, child);
  expect((await runScript(again)).archive).toContain(MADE);
});

test('a second attempt waits for the script of the first one, and makes no second archive', async () => {
  const engine = new Engine(`until [ -e ../go-on ]; do sleep 0.05; done; cp ${good} ${MADE}`);
  const first = runScript(engine);
  await expect.poll(() => engine.started.length).toBe(1);
  const second = runScript(engine);
  writeFileSync(join(site.root, 'go-on'), '');
  expect(await second).toEqual(await first);
  expect(await runScript(engine)).toEqual(await first);
  expect(engine.started).toEqual(['exec-0']);
});

test('an engine that forgot the script: a whole archive of it is taken, a half one is made again', async () => {
  const engine = new Engine(`cp ${good} ${MADE}`);
  const made = await runScript(engine);
  engine.forget();
  expect(await runScript(engine)).toEqual(made);
  expect(engine.started).toHaveLength(1);
  writeFileSync(join(site.backups, MADE), readFileSync(good).subarray(0, 900));
  engine.forget();
  const again = new Engine(`cp ${good} fdts_backup_20260601_030000.tar.gz`);
  expect((await runScript(again)).archive).toContain('_030000');
});
