import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { singleMemberGzip } from '../../../activities/adapters/data-owner/archive/single-member-gzip.ts';
import { storedGzip, storedGzipSize } from '../../../activities/adapters/data-owner/archive/stored-gzip.ts';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { buildSite, context, dataOwner, type Site } from './support/build-site.ts';
import { standIn, withoutPrograms } from './support/stand-in.ts';

const { createBackup, verifyBackup } = operations;

test('whatever pieces come, they are one gzip member that holds exactly them', async () => {
  const text = fc.nat({ max: 200_000 }).map((size) => Buffer.alloc(size, 'the same words again; '));
  const noise = fc.nat({ max: 200_000 }).map((size) => randomBytes(size));
  const pieces = fc.array(fc.oneof(text, noise), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(pieces, async (given) => {
      const whole = Buffer.concat(given);
      const zipped = await collect(singleMemberGzip(fromList(given)));
      expect(gunzipSync(zipped).equals(whole)).toBe(true);
      // The length at the end of a member is that of the member: with two of them it would be less.
      expect(zipped.readUInt32LE(zipped.length - 4)).toBe(whole.length);
      const stored = await collect(storedGzip(fromList(given), whole.length));
      expect(stored.length).toBe(storedGzipSize(whole.length));
      expect(gunzipSync(stored).equals(whole)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('dense bytes between text are stored as they are, and the text beside them is compressed', async () => {
  const text = Buffer.alloc(100_000, 'the same words again; ');
  const given = [text, randomBytes(100_000), text, randomBytes(100_000), text];
  const zipped = await collect(singleMemberGzip(fromList(given)));
  expect(zipped.length).toBeGreaterThan(200_000);
  expect(zipped.length).toBeLessThan(260_000);
});

test('without igzip a backup is made with zlib, and says why', async () => {
  const site = buildSite({ own: false });
  withoutPrograms();
  const { made } = await createBackup(argsFor(site), context);
  expect(made).toEqual({
    pace: 'fast',
    megabytesPerSecond: null,
    compressedBy: 'zlib (igzip: not installed)',
  });
  vi.unstubAllEnvs();
  await expectWhole(site);
});

test('where igzip is installed it makes the archive', async () => {
  const site = buildSite({ own: false });
  standIn('igzip', 'exec gzip -1 -c');
  expect(await createBackup(argsFor(site), context)).toMatchObject({ made: { compressedBy: 'igzip' } });
  await expectWhole(site);
});

const failures: [string, string, RegExp][] = [
  ['dies at once', 'exit 3', /exit code 3/],
  ['dies in the middle', 'head -c 300000 | gzip -1 -c; echo no memory >&2; exit 1', /exit code 1 no memory/],
  ['is killed', 'head -c 100000 >/dev/null; kill -9 $$', /SIGKILL/],
  ['says that all is well but lost the end', 'head -c 300000 | gzip -1 -c; cat >/dev/null', /checksum/],
  ['writes two members', 'head -c 300000 | gzip -1 -c; gzip -1 -c', /checksum/],
  ['writes nothing', 'cat >/dev/null', /checksum/],
];

test.each(failures)('an igzip that %s costs a second pass, no backup', async (_what, script, reason) => {
  const site = buildSite({ rows: 6_000, own: false });
  standIn('igzip', script);
  const { made } = await createBackup(argsFor(site), context);
  expect(made?.compressedBy).toMatch(/^zlib \(igzip: /);
  expect(made?.compressedBy).toMatch(reason);
  await expectWhole(site);
});

test('a backup that is stopped while igzip hangs leaves no file and no process', async () => {
  const site = buildSite();
  const pidFile = join(site.scratch, 'pid');
  standIn('igzip', `echo $$ >${pidFile}; exec sleep 1000`);
  const stop = new AbortController();
  const running = dataOwner.createBackup(argsFor(site), { signal: stop.signal });
  const pid = await vi.waitUntil(() => existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8')), {
    timeout: 10_000,
  });
  stop.abort(new Error('the window is over'));
  await expect(running).rejects.toThrow('the window is over');
  await vi.waitUntil(() => !existsSync(`/proc/${pid}`), { timeout: 5_000 });
  expect(readdirSync(site.backups)).toEqual(['.fdts-ops.lock']);
});

async function expectWhole({ archive, manifest, scratch }: Site): Promise<void> {
  expect(await verifyBackup({ archive, manifest, scratch, full: true }, context)).toMatchObject({ ok: true });
}

async function* fromList(pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  yield* pieces;
}

async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

function argsFor({ database, uploads, archive, manifest }: Site) {
  return { database, uploads, archive, manifest, runId: 'run-1' };
}
