import { execFileSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { constants, deflateRawSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { tarHeader, tarPadding } from '../../../activities/adapters/data-owner/archive/tar-header.ts';
import { buildSite, type Site } from './support/build-site.ts';
import { archiveByScript } from './support/make-archives.ts';

const program = fileURLToPath(new URL('./support/measure-verify.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const gibibyte = 2 ** 30;
const minutes = 60_000;
const gzipStart = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]);

test('10 MB that claim to be 10 GB of database are refused before a byte is written', () => {
  const site = buildSite({ own: false, rows: 10, files: 1 });
  const bomb = file(site, zerosAfter(header('database.sqlite', 10 * gibibyte), 10));
  expect(statSync(bomb).size).toBeLessThan(12e6);
  const { outcome, bytesRead } = measure(site, bomb);
  expect(outcome).toMatch(/claims 10737418240 bytes, more than can be in it/);
  expect(bytesRead).toBeLessThan(statSync(bomb).size);
});

test('padding without end is refused when it crosses the limit, in flat memory', () => {
  const site = buildSite({ own: false, rows: 10, files: 1 });
  const bomb = file(site, zerosAfter(tarOf(site), 10));
  const flat = measure(site, archiveByScript(site)).megabytes;
  const { outcome, bytesRead, megabytes } = measure(site, bomb);
  expect(outcome).toMatch(/the archive expands beyond 400 times its size/);
  expect(bytesRead).toBeLessThan(statSync(bomb).size * 0.8);
  expect(megabytes).toBeLessThan(flat + 120);
});

test('a bomb inside the uploads inside an archive is refused when it crosses the limit, in flat memory', () => {
  const site = buildSite({ own: false, rows: 10, files: 1 });
  const inner = zerosAfter(Buffer.alloc(1_024), 10);
  const bomb = file(
    site,
    gzipSync(Buffer.concat([header('uploads.tar.gz', inner.length), inner]), { level: 9 }),
  );
  expect(statSync(bomb).size).toBeLessThan(200_000);
  const flat = measure(site, archiveByScript(site)).megabytes;
  const { outcome, megabytes } = measure(site, bomb);
  expect(outcome).toMatch(/uploads.tar.gz expands beyond 400 times its size/);
  expect(megabytes).toBeLessThan(flat + 120);
});

test(
  '5 million empty entries are refused at the first one beyond a million, in flat memory',
  () => {
    const site = buildSite({ own: false, rows: 10, files: 1 });
    const inner = millionsOfEntries();
    const bomb = file(
      site,
      gzipSync(Buffer.concat([header('uploads.tar.gz', inner.length), inner, tarPadding(inner.length)]), {
        level: 1,
      }),
    );
    const flat = measure(site, archiveByScript(site)).megabytes;
    const { outcome, megabytes } = measure(site, bomb);
    expect(outcome).toMatch(/uploads.tar.gz has more than 1000000 entries/);
    expect(megabytes).toBeLessThan(flat + 120);
  },
  4 * minutes,
);

/** In a process of its own, so that the memory is its own. Nothing may be left in scratch. */
function measure(site: Site, archive: string) {
  const said = execFileSync(process.execPath, ['--import', tsx, program, archive, site.scratch], {
    encoding: 'utf8',
  });
  expect(readdirSync(site.scratch)).toEqual([]);
  const measured: { outcome: string; bytesRead: number; megabytes: number } = JSON.parse(said);
  return measured;
}

/** A gzip of this start and then some GiB of zeros: made in a moment, since a flushed block may be repeated as it is. */
function zerosAfter(start: Buffer, gibibytes: number): Buffer {
  const flush = { level: 9, finishFlush: constants.Z_FULL_FLUSH };
  const zeros = deflateRawSync(Buffer.alloc(1 << 26), flush);
  const head = Buffer.concat([
    Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]),
    deflateRawSync(start, flush),
  ]);
  return Buffer.concat([head, ...Array.from({ length: 16 * gibibytes }, () => zeros)]);
}

/** A whole archive before compression, up to its end blocks. */
function tarOf(site: Site): Buffer {
  return execFileSync('gzip', ['-dc', archiveByScript(site)], { maxBuffer: 1 << 28 });
}

function header(name: string, size: number): Buffer {
  return tarHeader({ name, isFolder: false, size, mode: 0o640, uid: 0, gid: 0, mtime: 0 });
}

function file(site: Site, content: Buffer): string {
  const path = join(site.root, `made-${content.length}`);
  writeFileSync(path, content);
  return path;
}

/** 5 million headers: 1.1 million names of their own, and the last thousand of them again and again. */
function millionsOfEntries(): Buffer {
  const flush = { level: 1, finishFlush: constants.Z_FULL_FLUSH };
  const blocks = Array.from({ length: 1_100 }, (_, thousand) =>
    deflateRawSync(thousandEntries(thousand), flush),
  );
  const again = Array.from({ length: 3_900 }, () => blocks.at(-1) ?? Buffer.alloc(0));
  return Buffer.concat([gzipStart, ...blocks, ...again]);
}

/** Each with a name of its own: the last digits, and the checksum with them. */
function thousandEntries(thousand: number): Buffer {
  const first = header('0000000', 0);
  const sum = Number.parseInt(first.toString('latin1', 148, 154), 8);
  const block = Buffer.alloc(512 * 1_000);
  for (let entry = 0; entry < 1_000; entry += 1) {
    const digits = String(1_000 * thousand + entry).padStart(7, '0');
    const added = Buffer.from(digits).reduce((total, digit) => total + digit - 48, 0);
    first.copy(block, 512 * entry);
    block.write(digits, 512 * entry, 'latin1');
    block.write((sum + added).toString(8).padStart(6, '0'), 512 * entry + 148, 'latin1');
  }
  return block;
}
