import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFdtsClient, type FdtsClient, type Uploaded } from '../../sandbox/fdts-client.ts';
import type { SandboxHost } from '../../sandbox/host.ts';
import { environment, type TestEnvironment } from '../support/environment.ts';
import { containerOf } from '../support/window/damage.ts';
import { journalOf } from '../support/window/host-journal.ts';
import { containersAndImages, expectHostFree } from '../support/window/host-state.ts';
import { approveAndKillIn, interruptSteps } from '../support/window/interrupt-steps.ts';
import { checksOf, linesOf } from '../support/window/read-report.ts';
import { startProcedure } from '../support/window/restore-run.ts';
import { smallDisk } from '../support/window/small-disk.ts';
import type { WindowRun } from '../support/window/window-run.ts';

const UPLOADS = '/opt/fdts/uploads';
const TRIED = 'a file can be uploaded and downloaded';
const WORKS = /^pass: 65536 bytes, the same, in \d+ ms$/;

let env: TestEnvironment;
let host: SandboxHost;
let user: FdtsClient;

beforeEach(async () => {
  env = await environment();
  host = env.host;
  await host.resetFdts();
  user = createFdtsClient(host.httpUrl);
}, 120_000);
afterEach(() => expectHostFree(host), 60_000);

const start = (input: object = {}) => startProcedure(env.client, 'uploadFailures', input);
const ended = async (input: object = {}) => (await start(input)).ended();
const sh = async (script: string) => (await host.exec(['bash', '-c', script])).stdout;
const attemptsAt = async ({ handle }: WindowRun, change: string) =>
  (await journalOf(host, handle.workflowId)).find(({ step }) => step === change)?.attempts;
const upload = () => user.upload('a.bin', Buffer.from('some bytes'));
const uploadBig = () => user.upload('big.bin', Buffer.alloc(10_000));

test('uploads that the app may not write are possible again, only what was wrong is changed, the worker killed in it', {
  timeout: 240_000,
}, async () => {
  const old = await upload();
  await takeAwayUploads(old);
  await expect(upload()).rejects.toThrow('expected 2xx');
  const modes = await modesOfUploads();
  const dry = await ended({ dryRun: true });
  expect(dry).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  const would = dry.report?.steps.find(({ id }) => id === 'repair-modes');
  expect(would?.commands).toEqual([expect.stringContaining('chmod 644 files and 755 folders')]);
  expect(await modesOfUploads()).toEqual(modes);

  const run = await start();
  const inRepair = { signal: 'SIGKILL', which: 'first', prefix: 'repair-modes' } as const;
  expect(await interruptSteps(host, run.handle.workflowId, inRepair)).toEqual(['repair-modes']);
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await attemptsAt(run, 'repair-modes')).toBe(2);
  expect(checksOf(end)).toMatchObject({
    'modes and owners of the uploads': 'pass: as expected',
    [TRIED]: expect.stringMatching(WORKS),
  });
  await upload();
  expect(await user.downloadedSha256(old.id)).toBe(old.sha256);
  const { stdout } = await host.exec(['find', UPLOADS, '-type', 'f', '-perm', '/111']);
  expect(stdout, 'no upload became a program').toBe('');
});

test('a full disk of the uploads is named, and nothing is removed for it; a person makes room, and users upload again', {
  timeout: 180_000,
}, async () => {
  // What nothing in Docker uses makes no room on this disk, and so is no matter for an approval.
  await host.exec(['docker', 'build', '-q', '-'], { input: 'FROM fdts_app:latest\nLABEL unused=yes\n' });
  const disk = await smallDisk(host, { folder: 'uploads', megabytes: 60, leavesMegabytes: 0 });
  try {
    const old = await upload();
    await disk.fill();
    const before = [await uploadsWithContent(), await containersAndImages(host)];
    await expect(upload()).rejects.toThrow(/answered 500.*ENOSPC/);

    const full = await ended();
    expect(full).toMatchObject({ status: 'COMPLETED', outcome: 'attention-needed' });
    expect(checksOf(full)).toMatchObject({
      [`disk of ${UPLOADS}`]: 'fail: 100 %, 0.0 MB free',
      [TRIED]: expect.stringMatching(/^fail: .*answered 500/),
      'modes and owners of the uploads': 'pass: as expected',
    });
    const gates = full.report?.steps.filter(({ id }) => id.startsWith('approve-'));
    expect(gates?.map(({ status, note }) => ({ status, note }))).toEqual([
      { status: 'skipped', note: `Docker keeps nothing on the disk of ${UPLOADS}` },
      { status: 'skipped', note: `no restart of the proxy: no room on the disk of ${UPLOADS}` },
    ]);
    expect([await uploadsWithContent(), await containersAndImages(host)]).toEqual(before);
    expect(await user.downloadedSha256(old.id)).toBe(old.sha256);

    // As the report says, word by word.
    const [, look = ''] = /: (sudo du .*)$/m.exec(linesOf(full, 'Left to do')) ?? [];
    expect((await sh(look.replace('PLACE', UPLOADS))).split('\n')).toContainEqual(
      expect.stringMatching(`M\t${disk.filler}$`),
    );
    await host.exec(['rm', '-r', disk.filler]);
    await upload();
    const again = await ended();
    expect(again).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
    expect(checksOf(again)).toMatchObject({
      [`disk of ${UPLOADS}`]: expect.stringMatching(/^pass: \d+ %, \d+ MB free$/),
      [TRIED]: expect.stringMatching(WORKS),
    });
  } finally {
    await disk.remove();
  }
});

test('a proxy that still runs with a limit that is no longer configured is restarted, once a person approves, the worker killed in it', {
  timeout: 240_000,
}, async () => {
  await proxyWith('client_max_body_size 1k;');
  const answerToBig = () => uploadBig().then(() => 'taken', String);
  await expect.poll(answerToBig, { timeout: 20_000 }).toContain('413');
  await configureProxy('client_max_body_size 20m;');
  const before = await containersAndImages(host);
  const refused = await start();
  await refused.reaches('approve-restart', ['waiting']);
  await refused.abort('not now');
  expect(await refused.ended()).toMatchObject({ status: 'FAILED', outcome: 'rejected' });
  expect(await containersAndImages(host)).toEqual(before);

  const run = await start();
  await run.reaches('approve-restart', ['waiting']);
  await approveAndKillIn(host, run, 'restart-service');
  const end = await run.ended();
  expect(end).toMatchObject({ status: 'COMPLETED', outcome: 'completed' });
  expect(await attemptsAt(run, 'restart-service')).toBe(2);
  expect(checksOf(end)[TRIED]).toMatch(WORKS);
  await uploadBig();
});

/** As after a copy by root: the folder and one upload are root's, and nobody else may write or read them. */
async function takeAwayUploads({ id }: Uploaded): Promise<void> {
  const sql = `SELECT path FROM files WHERE id = '${id}'`;
  const { stdout: file } = await host.exec(['sqlite3', '-readonly', '/opt/fdts/data/database.sqlite', sql]);
  await host.exec(['find', UPLOADS, '-type', 'd', '-exec', 'chown', 'root:root', '{}', '+']);
  await host.exec(['chown', 'root:root', `${UPLOADS}/${file}`]);
  await host.exec(['chmod', '600', `${UPLOADS}/${file}`]);
}

const modesOfUploads = () => sh(`find ${UPLOADS} -printf '%p %m %u\\n' | sort`);

/** Without what a write that failed leaves of its file. */
const uploadsWithContent = () => sh(`find ${UPLOADS} -type f -size +0 -exec sha256sum {} + | sort`);

/** The proxy goes by this limit from now on. */
async function proxyWith(limit: string): Promise<void> {
  await configureProxy(limit);
  await host.exec(['docker', 'exec', await containerOf(host, 'nginx'), 'nginx', '-s', 'reload']);
}

/** What stands in its file, which is mounted: it keeps its inode. */
async function configureProxy(limit: string): Promise<void> {
  const file = '/opt/fdts/nginx/fdts.conf';
  const changed = (await host.readFile(file)).replace(/client_max_body_size \w+;/, limit);
  await host.exec(['tee', file], { input: changed });
}
