import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createDataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { buildSite, dataOwner, ownAll, owner } from './support/build-site.ts';

const adapter = new URL('../../../activities/adapters/data-owner/run-as-owner.ts', import.meta.url).href;
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** On a busy machine a program takes seconds to start and to load its modules. */
const PATIENCE_MS = 15_000;

test('all that a backup makes belongs to the owner of the data and to nobody else', async () => {
  const site = buildSite();
  const { database, uploads, archive, manifest } = site;
  await dataOwner.createBackup({ database, uploads, archive, manifest, runId: 'run-1' });
  for (const file of [archive, manifest]) {
    const { uid, gid, mode } = statSync(file);
    expect({ uid, gid, mode: (mode & 0o777).toString(8) }).toEqual({ ...owner, mode: '640' });
  }
  expect(readdirSync(`${site.root}/data`)).toEqual(['database.sqlite']);
});

test('an aborted operation has ended before its promise settles, even when it was blocked inside SQLite', async () => {
  const site = buildSite({ journal: 'delete' });
  const app = holdExclusively(site.database);
  const stop = new AbortController();
  const reason = new Error('the window is over');
  const running = dataOwner.inspectDatabase({ database: site.database, full: true }, { signal: stop.signal });
  const child = await waitForChild(process.pid, site.database);
  stop.abort(reason);
  await expect(running).rejects.toBe(reason);
  expect(isAlive(child)).toBe(false);
  app.close();
});

test('a child has none of the capabilities by which the worker becomes the owner', async () => {
  const site = buildSite({ journal: 'delete' });
  const app = holdExclusively(site.database);
  const worker = spawnWorker(inspecting(site.database), ASUSER);
  const child = await waitForChild(worker.pid ?? 0, site.database);
  expect(capabilitiesOf(child)).toEqual(['0000000000000000', '0000000000000000', '0000000000000000']);
  app.close();
});

test('a child does not outlive a killed worker, even when it is blocked inside SQLite', async () => {
  const site = buildSite({ journal: 'delete' });
  const app = holdExclusively(site.database);
  const worker = spawnWorker(inspecting(site.database), []);
  const child = await waitForChild(worker.pid ?? 0, site.database);
  worker.kill('SIGKILL');
  await once(worker, 'close');
  await vi.waitUntil(() => !isAlive(child), { timeout: PATIENCE_MS, interval: 20 });
  app.close();
});

test('a worker that may not become the owner says which capabilities it lacks', async () => {
  const program = `import { createDataOwner } from ${JSON.stringify(adapter)};
    createDataOwner({ owner: { uid: 10001, gid: 10001 }, pace: 'fast' }).freeSpace({ path: '/' })
      .catch((error) => console.log(error.code, error.retryable, error.hint));`;
  const stranger = process.getuid?.() === 0 ? { uid: 10_002, gid: 10_002 } : {};
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', tsx, '--input-type=module', '--eval', program],
    stranger,
  );
  expect(stdout).toMatch(/^MAY_NOT_BECOME_OWNER false .*CAP_SETUID/);
});

test('a locked database is reported as in use after a bounded wait', async () => {
  const site = buildSite({ journal: 'delete' });
  const app = holdExclusively(site.database);
  await expect(dataOwner.settleDatabase({ database: site.database })).rejects.toMatchObject({
    code: 'DATABASE_IN_USE',
    retryable: true,
  });
  app.close();
});

test('a database that an idle app has open is not settled; once closed it is one whole file', async () => {
  const site = buildSite();
  const app = new Database(site.database);
  app.exec("INSERT INTO users (email) VALUES ('late@example.org')");
  ownAll(`${site.root}/data`);
  await expect(dataOwner.settleDatabase({ database: site.database })).rejects.toMatchObject({
    code: 'DATABASE_IN_USE',
  });
  app.close();
  expect(await dataOwner.settleDatabase({ database: site.database })).toMatchObject({ journalMode: 'wal' });
  expect(readdirSync(`${site.root}/data`).filter((name) => name.includes('-'))).toEqual([]);
});

test.each([
  ['inspectDatabase', 'gentle', 10, /best-effort: prio 7/],
  ['inspectDatabase', 'fast', 0, /^(none|best-effort: prio [0-4])/],
  // It runs while users are shut out: there is nobody to step aside for.
  ['settleDatabase', 'gentle', 0, /^(none|best-effort: prio [0-4])/],
] as const)(
  'every thread of %s at the %s pace has its place behind the app or beside it',
  async (operation, pace, behind, io) => {
    const nice = Math.min(19, niceOf('/proc/self/stat') + behind);
    const site = buildSite({ journal: 'delete' });
    const app = holdExclusively(site.database);
    const paced = createDataOwner({ owner, pace });
    const stop = new AbortController();
    const running = paced[operation]({ database: site.database, full: true }, { signal: stop.signal });
    const child = await waitForChild(process.pid, site.database);
    const threads = readdirSync(`/proc/${child}/task`);
    const nices = threads.map((thread) => niceOf(`/proc/${child}/task/${thread}/stat`));
    expect(threads.length).toBeGreaterThan(4);
    expect(new Set(nices)).toEqual(new Set([nice]));
    const { stdout } = await promisify(execFile)('ionice', ['-p', ...threads]);
    for (const line of stdout.trim().split('\n')) expect(line).toMatch(io);
    stop.abort(new Error('seen enough'));
    await expect(running).rejects.toThrow('seen enough');
    app.close();
  },
);

test('a salvage goes at the pace that it is asked for: users may be shut out, or in again', async () => {
  const { database, uploads, asideDir } = buildSite();
  mkdirSync(asideDir);
  // It waits for ever for what it reads first.
  await promisify(execFile)('mkfifo', ['-m', '0644', `${asideDir}/restore.json`]);
  ownAll(asideDir);
  const paced = createDataOwner({ owner, pace: 'gentle' });
  const ours = niceOf('/proc/self/stat');
  for (const [pace, nice] of [
    ['fast', ours],
    ['gentle', Math.min(19, ours + 10)],
  ] as const) {
    const stop = new AbortController();
    const place = { database, uploads, asideDir, runId: 'run-1', pace };
    const running = paced.salvageRows(place, { signal: stop.signal });
    const child = await vi.waitUntil(() => childrenOf(process.pid).find(isOperation), {
      timeout: PATIENCE_MS,
    });
    expect(niceOf(`/proc/${child}/stat`)).toBe(nice);
    stop.abort(new Error('seen enough'));
    await expect(running).rejects.toThrow('seen enough');
  }
});

function holdExclusively(path: string): Database.Database {
  const app = new Database(path);
  app.exec('BEGIN EXCLUSIVE');
  return app;
}

/** The child that has opened the database, so that it waits in SQLite for the lock. */
async function waitForChild(parent: number, database: string): Promise<number> {
  const opened = () => childrenOf(parent).find((pid) => hasOpen(pid, database));
  return vi.waitUntil(opened, { timeout: PATIENCE_MS });
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => statusOf(pid)?.[1] === String(parent));
}

function hasOpen(pid: number, path: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === path);
  } catch {
    return false;
  }
}

/** It runs an operation, and is past the programs that set its pace. */
function isOperation(pid: number): boolean {
  const [program = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return program === process.execPath && args.some((arg) => arg.includes('/data-owner/child.'));
}

function niceOf(stat: string): number {
  return Number(
    readFileSync(stat, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[16],
  );
}

function isAlive(pid: number): boolean {
  const state = statusOf(pid)?.[0];
  return state !== undefined && state !== 'Z';
}

/** State and parent of a process; undefined when it is gone. */
function statusOf(pid: number): [string, string] | undefined {
  try {
    const [state, parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return [state ?? '', parent ?? ''];
  } catch {
    return undefined;
  }
}

/** A worker as its unit runs it: a user of its own that may become another (where the tests run as root). */
const ASUSER =
  process.getuid?.() === 0
    ? [
        'setpriv',
        '--reuid=12345',
        '--regid=12345',
        '--clear-groups',
        '--inh-caps=+setuid,+setgid,+kill',
        '--ambient-caps=+setuid,+setgid,+kill',
      ]
    : [];

function inspecting(database: string): string {
  return `import { createDataOwner } from ${JSON.stringify(adapter)};
    createDataOwner(${JSON.stringify({ owner, pace: 'gentle' })})
      .inspectDatabase({ database: ${JSON.stringify(database)}, full: true });`;
}

function spawnWorker(program: string, prefix: readonly string[]) {
  const node = [process.execPath, '--import', tsx, '--input-type=module', '--eval', program];
  const [file = '', ...args] = [...prefix, ...node];
  const worker = spawn(file, args, { stdio: 'ignore', cwd: '/' });
  onTestFinished(() => void worker.kill('SIGKILL'));
  return worker;
}

/** Effective, permitted and ambient, as the kernel prints them. */
function capabilitiesOf(pid: number): string[] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return ['CapEff', 'CapPrm', 'CapAmb'].map(
    (name) => new RegExp(`^${name}:\\s+(\\w+)$`, 'm').exec(status)?.[1] ?? '',
  );
}
