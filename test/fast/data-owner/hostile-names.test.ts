import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { checkBackup } from '../../../activities/adapters/data-owner/archive/check-backup.ts';
import { tarHeader } from '../../../activities/adapters/data-owner/archive/tar-header.ts';
import { buildSite, context, newFolder, type Site } from './support/build-site.ts';
import { archiveOf, type OddEntry, tarOfOdd } from './support/make-archives.ts';

const file = { name: 'first.txt', content: 'first' };

/** What the uploads may contain inside an archive that somebody else made, and why it is refused. */
const refused: [string, OddEntry[], RegExp][] = [
  ['a name that climbs out', [{ name: '../escaped', content: 'x' }], /leaves the folder/],
  ['a name that climbs out further in', [{ name: 'a/../../escaped', content: 'x' }], /leaves the folder/],
  ['an absolute name', [{ name: '/tmp/escaped', content: 'x' }], /forbidden name/],
  ['a name with a zero byte', [{ name: 'a\0b', content: 'x' }], /goes on after its end/],
  ['no name', [{ name: '', content: 'x' }], /has no name/],
  ['a file that is called like a folder', [{ name: 'a/', content: 'x' }], /oddly named/],
  ['a name of 300 bytes', [{ name: 'n'.repeat(300), content: 'x' }], /more than 255 bytes/],
  ['a path of 5,000 bytes', [{ name: 'n/'.repeat(2_500).concat('n'), content: 'x' }], /more than 4095 bytes/],
  ['a pax record that climbs out', [{ ...file, pax: { path: '../escaped' } }], /leaves the folder/],
  ['a pax record with an absolute name', [{ ...file, pax: { path: '/tmp/escaped' } }], /forbidden name/],
  ['a pax record with another size', [{ ...file, pax: { size: '3' } }], /two sizes/],
  ['a pax record with a size that is none', [{ ...file, pax: { size: '-1' } }], /impossible size/],
  ['a symbolic link', [{ name: 'a', type: '2', link: '../../database.sqlite' }], /type '2'/],
  [
    'a hard link out of the folder',
    [file, { name: 'a', type: '1', link: '../../database.sqlite' }],
    /type '1'/,
  ],
  ['a hard link inside it', [file, { name: 'a', type: '1', link: 'first.txt' }], /type '1'/],
  ['a character device', [{ name: 'a', type: '3' }], /type '3'/],
  ['a block device', [{ name: 'a', type: '4' }], /type '4'/],
  ['a fifo', [{ name: 'a', type: '6' }], /type '6'/],
  ['a contiguous file', [{ name: 'a', type: '7' }], /type '7'/],
  ['a type that nobody knows', [{ name: 'a', type: 'Z' }], /type 'Z'/],
  ['a name twice', [file, file], /is there twice/],
  ['a file, then a folder of that name', [file, { name: 'first.txt', type: '5' }], /is there twice/],
  [
    'a folder, then a file of that name',
    [
      { name: 'a', type: '5' },
      { name: 'a', content: 'x' },
    ],
    /twice/,
  ],
  ['something below a file', [file, { name: 'first.txt/a', content: 'x' }], /lies below a file/],
  [
    'a file where another one has its folder',
    [
      { name: 'a/b', content: 'x' },
      { name: 'a', content: 'x' },
    ],
    /twice/,
  ],
  [
    'a link to a folder, then a file through it',
    [
      { name: 'a', type: '2', link: '/tmp' },
      { name: 'a/escaped', content: 'x' },
    ],
    /type '2'/,
  ],
];

test.each(refused)(
  'uploads with %s are refused, and nothing is outside the folder',
  async (_name, entries, why) => {
    const site = buildSite({ own: false, rows: 10, files: 1 });
    const uploads = tarOfOdd(join(site.root, 'odd.tar.gz'), entries);
    const { reasons, root, changedOutside } = await extract(site, uploads);
    expect(reasons).toEqual([expect.stringMatching(why)]);
    expect(changedOutside).toEqual([]);
    expect(readdirSync(root).filter((name) => !['first.txt', 'a'].includes(name))).toEqual([]);
    expect(existsSync('/tmp/escaped')).toBe(false);
  },
);

/** Strange, but whole: they come out as they are. */
const kept: [string, OddEntry[], string[]][] = [
  ['a backslash', [{ name: String.raw`..\..\windows`, content: 'x' }], [String.raw`..\..\windows`]],
  ['bytes that are not UTF-8', [{ name: '\xe9t\xe9', content: 'x' }], ['\xe9t\xe9']],
  ['a line break', [{ name: 'a\nb', content: 'x' }], ['a\nb']],
  ['a name in front of it that a pax record corrects', [{ ...file, pax: { path: 'other' } }], ['other']],
  [
    'two forms of one name',
    [
      { name: 'caf\xc3\xa9', content: 'x' },
      { name: 'cafe\xcc\x81', content: 'y' },
      { name: 'CAFE', content: 'z' },
    ],
    ['CAFE', 'cafe\xcc\x81', 'caf\xc3\xa9'],
  ],
];

test.each(kept)(
  'uploads with %s come out under the folder, none in the place of another',
  async (_name, entries, names) => {
    const site = buildSite({ own: false, rows: 10, files: 1 });
    const { reasons, root } = await extract(site, tarOfOdd(join(site.root, 'odd.tar.gz'), entries));
    expect(reasons).toEqual([]);
    expect(
      readdirSync(root, { encoding: 'buffer' })
        .map((name) => name.toString('latin1'))
        .sort(),
    ).toEqual(names);
  },
);

test.each(['--format=gnu', '--format=posix'])('a sparse file of GNU tar (%s) is refused', async (format) => {
  const site = buildSite({ own: false, rows: 10, files: 1 });
  writeFileSync(join(site.uploads, 'sparse'), 'x');
  truncateSync(join(site.uploads, 'sparse'), 10 << 20);
  const uploads = join(site.root, 'sparse.tar.gz');
  execFileSync('tar', [format, '-S', '-czf', uploads, '-C', site.uploads, 'sparse']);
  expect((await extract(site, uploads)).reasons).toEqual([expect.stringMatching(/type 'S'|sparse/)]);
});

const sizes: [string, Buffer][] = [
  ['8 GiB', Buffer.from('77777777777\0')],
  ['a negative number', Buffer.concat([Buffer.alloc(8, 0xff), Buffer.alloc(4, 0xf0)])],
  ['more than fits into a number', Buffer.concat([Buffer.from([0x80, 0x7f]), Buffer.alloc(10, 0xff)])],
  ['an exabyte', Buffer.concat([Buffer.from([0x80]), Buffer.alloc(3), Buffer.from([0x10]), Buffer.alloc(7)])],
  ['no number', Buffer.from('12x45678901\0')],
];

test.each(sizes)(
  'a member that claims %s is refused before a byte of it is written',
  async (_name, field) => {
    const site = buildSite({ own: false, rows: 10, files: 1 });
    for (const name of ['database.sqlite', 'uploads.tar.gz']) {
      const archive = join(site.root, 'claims.tar.gz');
      writeFileSync(archive, gzipSync(Buffer.concat([claiming(name, field), Buffer.alloc(100 << 10)])));
      const { reasons } = await checkBackup({ archive, folder: site.scratch, full: true }, context);
      expect(reasons).toEqual([expect.stringMatching(/impossible size|claims \d+ bytes/)]);
      expect(readdirSync(site.scratch)).toEqual([]);
    }
    const uploads = join(site.root, 'claims.tar.gz');
    writeFileSync(uploads, gzipSync(Buffer.concat([claiming('a', field), Buffer.alloc(100 << 10)])));
    expect((await extract(site, uploads)).reasons).toEqual([expect.stringMatching(/impossible size|claims/)]);
  },
);

test('the archive itself has two plain members, whatever their order, and no other', async () => {
  const site = buildSite({ own: false, rows: 10, files: 1 });
  const work = newFolder();
  execFileSync('cp', [site.database, join(work, 'database.sqlite')]);
  execFileSync('tar', ['-czf', join(work, 'uploads.tar.gz'), '-C', site.uploads, '.']);
  mkdirSync(join(work, 'sub'));
  symlinkSync('/etc/passwd', join(work, 'link'));
  const both = ['database.sqlite', 'uploads.tar.gz'];
  const rename = (to: string) => ['--transform', `s,^database.sqlite$,${to},`, '-P', ...both];
  const cases: [string[], RegExp | undefined][] = [
    [both, undefined],
    [['./uploads.tar.gz', './database.sqlite'], undefined],
    [['database.sqlite'], /uploads.tar.gz is missing/],
    [['uploads.tar.gz'], /database.sqlite is missing/],
    [['--hard-dereference', 'database.sqlite', ...both], /database.sqlite is there twice/],
    [[...both, 'sub'], /another member/],
    [[...both, 'link'], /type '2'/],
    [['--hard-dereference', ...both, './database.sqlite'], /database.sqlite is there twice/],
    [rename('../database.sqlite'), /another member/],
    [rename('/database.sqlite'), /another member/],
    [rename('sub/database.sqlite'), /another member/],
    [rename('DATABASE.SQLITE'), /another member/],
    [rename('database.sqlite '), /another member/],
    [['--format=posix', '--pax-option=path:=../x', ...both], /renamed by an extension/],
  ];
  for (const [args, why] of cases) {
    const archive = join(newFolder(), 'members.tar.gz');
    execFileSync('tar', ['-czf', archive, '-C', work, ...args]);
    const { reasons } = await checkBackup({ archive, folder: newFolder(), full: true }, context);
    expect(reasons, args.join(' ')).toEqual(why === undefined ? [] : [expect.stringMatching(why)]);
  }
});

async function extract(site: Site, uploads: string) {
  const root = join(site.root, 'staged');
  mkdirSync(root);
  const archive = archiveOf(site.root, { database: site.database, uploads });
  const args = { archive, folder: newFolder(), full: true, uploadsFolder: root };
  const before = listing(site.root, root);
  const checked = await checkBackup(args, context);
  const after = listing(site.root, root);
  const changedOutside = [...before, ...after].filter(
    (line) => before.includes(line) !== after.includes(line),
  );
  return { ...checked, root, changedOutside };
}

/** A header with this size field, its checksum right. */
function claiming(name: string, size: Buffer): Buffer {
  const header = tarHeader({ name, isFolder: false, size: 0, mode: 0o644, uid: 0, gid: 0, mtime: 0 });
  size.copy(header, 124);
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

/** Everything below a folder with its content, except what is below `without`. */
function listing(folder: string, without: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !join(entry.parentPath, entry.name).startsWith(`${without}/`))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${readFileSync(path).length}`)
    .sort();
}
