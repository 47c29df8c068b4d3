import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { BrokenArchiveError } from '../../../activities/adapters/data-owner/archive/broken-archive-error.ts';
import { checkUploads } from '../../../activities/adapters/data-owner/archive/check-uploads.ts';
import { UploadExtraction } from '../../../activities/adapters/data-owner/archive/extract-uploads.ts';
import { gunzipWhole } from '../../../activities/adapters/data-owner/archive/gunzip-whole.ts';
import { readTar } from '../../../activities/adapters/data-owner/archive/read-tar.ts';
import { tarHeader } from '../../../activities/adapters/data-owner/archive/tar-header.ts';
import { uploadTar } from '../../../activities/adapters/data-owner/archive/upload-tar.ts';
import { walkUploads } from '../../../activities/adapters/data-owner/files/walk-uploads.ts';
import { newFolder } from './support/build-site.ts';

const minutes = 60_000;

/** Any name that Linux can have, as bytes. */
const anyName = fc
  .uint8Array({ minLength: 1, maxLength: 120 })
  .map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x61 : byte))))
  .filter((name) => !['.', '..'].includes(name.toString('latin1')))
  .map((name) => name.toString('latin1'));
/** Mostly beyond ASCII, and whole. */
const utf8Name = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .map((text) => Buffer.from(text.replaceAll(/[/\0]/g, 'b'), 'utf8').toString('latin1'))
  .filter((name) => !['.', '..'].includes(name));
const sizes = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 505, max: 520 }), fc.nat(70_000));
/** Folders, nested up to three deep, and the sizes of the files in them. */
const treeOf = (name: fc.Arbitrary<string>) =>
  fc.uniqueArray(fc.tuple(fc.array(name, { maxLength: 3 }), name, sizes), {
    maxLength: 8,
    selector: ([folders, file]) => [...folders, file].join('/'),
  });
type Tree = [string[], string, number][];

test.each(['gnu', 'posix'])(
  'any tree of files packed by GNU tar (%s) is read and extracted as it was',
  async (format) => {
    await fc.assert(
      fc.asyncProperty(treeOf(anyName), async (tree) => {
        const [from, to] = [plant(tree), newRoot()];
        const packed = execFileSync('tar', [`--format=${format}`, '-czf', '-', '-C', from, '.'], {
          maxBuffer: 1 << 26,
        });
        await extract(packed, to);
        expect(contents(to)).toEqual(contents(from));
      }),
      { numRuns: 25, seed: 1 },
    );
  },
  2 * minutes,
);

test(
  'any tree of files packed by us is unpacked by GNU tar as it was',
  async () => {
    await fc.assert(
      fc.asyncProperty(treeOf(fc.oneof(anyName, utf8Name)), async (tree) => {
        const [from, to] = [plant(tree), newRoot()];
        const entries = await collect(walkUploads(from));
        const report = { onFile: () => undefined, onWarning: () => expect.unreachable() };
        const tar = Buffer.concat(await collect(uploadTar(from, entries, report)));
        execFileSync('tar', ['-xf', '-', '-C', to], { input: tar });
        expect(contents(to)).toEqual(contents(from));
      }),
      { numRuns: 25, seed: 2 },
    );
  },
  2 * minutes,
);

test('whatever gzip made, in whatever pieces it comes, is decompressed equal', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.integer({ min: 1, max: 700 }),
      async (data, piece) => {
        const packed = execFileSync('gzip', ['-c'], { input: data });
        expect(Buffer.concat(await collect(gunzipWhole('it', inPieces(packed, piece))))).toEqual(
          Buffer.from(data),
        );
      },
    ),
    { numRuns: 40, seed: 3 },
  );
});

const smallTree: Tree = [
  [['a', 'b'], 'c', 700],
  [[], 'd'.repeat(120), 3],
  [['e'], 'f', 0],
];
const everyArchive = [
  ['tar', 'gnu'],
  ['tar', 'posix'],
  ['bsdtar', 'pax'],
] as const;

test.each(everyArchive)('%s (%s): any cut of its gzip is refused', async (program, format) => {
  const good = execFileSync(program, ['--format', format, '-czf', '-', '-C', plant(smallTree), '.']);
  await fc.assert(
    fc.asyncProperty(fc.nat(lastByteOf(good)), async (length) => {
      expect(await read(good.subarray(0, length))).toMatch(/^refused/);
    }),
    { numRuns: 300, seed: 4 },
  );
});

test.each(everyArchive)('%s (%s): any changed byte is refused or reads the same', async (program, format) => {
  const good = execFileSync(program, ['--format', format, '-czf', '-', '-C', plant(smallTree), '.']);
  const asItWas = await read(good);
  expect(asItWas).not.toMatch(/^refused/);
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const seen = await read(changed(good, at, change));
      if (seen !== asItWas) expect(seen).toMatch(/^refused/);
    }),
    { numRuns: 400, seed: 5 },
  );
});

test('a tar that was changed before it was compressed is refused or stays inside its folder', async () => {
  const tar = gunzipSync(execFileSync('tar', ['--format=posix', '-czf', '-', '-C', plant(smallTree), '.']));
  const changes = fc.array(fc.tuple(fc.nat(tar.length - 1), fc.integer({ min: 1, max: 255 })), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(changes, async (all) => {
      const bad = all.reduce<Buffer>((content, [at, change]) => changed(content, at, change), tar);
      await staysInside(gzipSync(bad, { level: 1 }));
    }),
    { numRuns: 200, seed: 6 },
  );
});

test('headers that say anything, with right checksums, are refused or stay inside the folder', async () => {
  const part = fc.constantFrom('..', '.', '', 'a', 'b', '/', 'a\0b', '\xff', 'outside');
  const header = fc.record({
    name: fc.array(part, { maxLength: 6 }).map((parts) => parts.join('/')),
    type: fc.constantFrom('0', '0', '5', '1', '2', 'x', 'g', 'L', 'K', 'S', '7'),
    size: fc.constantFrom(0, 0, 4, 512, 4_096),
    mode: fc.nat(0o7777),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(header, { minLength: 1, maxLength: 6 }), async (headers) => {
      const blocks = headers.flatMap((each) => [
        saying(each),
        Buffer.alloc(Math.ceil(each.size / 512) * 512, '/../x\0'),
      ]);
      await staysInside(gzipSync(Buffer.concat([...blocks, Buffer.alloc(1_024)]), { level: 1 }));
    }),
    { numRuns: 200, seed: 7 },
  );
});

/** Extracts into a folder of a folder: nothing may appear in the outer one, and no failure may be of another kind. */
async function staysInside(packed: Buffer): Promise<void> {
  const outer = mkdtempSync(join(newRoot(), 'outer-'));
  const inner = join(outer, 'inner');
  mkdirSync(inner);
  await extract(packed, inner).catch((error: unknown) => expect(error).toBeInstanceOf(BrokenArchiveError));
  expect(readdirSync(outer)).toEqual(['inner']);
  // By find, since names may be no UTF-8.
  expect(execFileSync('find', [inner, '!', '-type', 'f', '!', '-type', 'd'], { encoding: 'latin1' })).toBe(
    '',
  );
  expect(existsSync('/outside')).toBe(false);
}

async function extract(packed: Buffer, to: string): Promise<void> {
  const extraction = await UploadExtraction.into(to, { sync: false });
  const target = { manifest: undefined, extraction };
  try {
    await checkUploads({ size: packed.length, body: whole(packed) }, target, []);
  } finally {
    await extraction.close();
  }
}

/** Where the gzip ends: bsdtar fills the file up with zeros. */
function lastByteOf(packed: Buffer): number {
  return packed.findLastIndex((byte) => byte !== 0);
}

/** Everything that a reader sees in an archive, or why it is refused. Any other failure fails the test. */
async function read(packed: Buffer): Promise<string> {
  const hash = createHash('sha256');
  try {
    const tar = readTar('it', gunzipWhole('it', inPieces(packed, 1_000)), { renames: true, mostBytes: 1e6 });
    for await (const { body, ...facts } of tar) {
      hash.update(JSON.stringify(facts));
      for await (const piece of body) hash.update(piece);
    }
    return hash.digest('hex');
  } catch (error) {
    if (error instanceof BrokenArchiveError) return `refused: ${error.message}`;
    throw error;
  }
}

/** A header whose checksum is right, whatever else it says. */
function saying({
  name,
  type,
  size,
  mode,
}: {
  name: string;
  type: string;
  size: number;
  mode: number;
}): Buffer {
  const header = tarHeader({ name: 'x', isFolder: false, size, mode: 0, uid: 0, gid: 0, mtime: 0 });
  header.fill(0, 0, 100);
  header.write(name, 0, 100, 'latin1');
  header.write(mode.toString(8).padStart(7, '0'), 100, 'latin1');
  header.write(type, 156, 'latin1');
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

let root = '';
/** One folder for all of a test's runs, removed with it. */
function newRoot(): string {
  if (!existsSync(root)) root = newFolder();
  return mkdtempSync(join(root, 'run-'));
}

/** Writes a tree to disk; where a file already is what should be a folder, or the other way round, that one is left out. */
function plant(tree: Tree): string {
  const to = newRoot();
  for (const [folders, file, size] of tree) {
    const path = Buffer.from(join(to, [...folders, file].join('/')), 'latin1');
    try {
      mkdirSync(Buffer.from(dirname(path.toString('latin1')), 'latin1'), { recursive: true });
      writeFileSync(path, Buffer.alloc(size, size));
    } catch (error) {
      if (!/EEXIST|ENOTDIR|EISDIR/.test(String(error))) throw error;
    }
  }
  return to;
}

/** Name and content of everything below a folder. */
function contents(folder: string): string[] {
  const found = execFileSync('find', [folder, '-mindepth', '1', '-printf', String.raw`%y%P\0`], {
    encoding: 'latin1',
  });
  const names = found.split('\0').filter((line) => line !== '');
  return names
    .map((name) => {
      const path = Buffer.from(`${folder}/${name.slice(1)}`, 'latin1');
      return name.startsWith('f')
        ? `${name} ${createHash('md5').update(readFileSync(path)).digest('hex')}`
        : name;
    })
    .sort();
}

function changed(good: Buffer, at: number, change: number): Buffer {
  const bad = Buffer.from(good);
  bad[at] = (bad[at] ?? 0) ^ change;
  return bad;
}

async function* whole(data: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(data);
}

async function* inPieces(data: Buffer, piece: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < data.length; at += piece) yield await Promise.resolve(data.subarray(at, at + piece));
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const each of source) all.push(each);
  return all;
}
