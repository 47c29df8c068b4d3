import { createHash } from 'node:crypto';
import { chmodSync, createWriteStream, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import Database from 'better-sqlite3';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { commandSource } from '../../../activities/adapters/evidence/command-source.ts';
import { hashTree } from '../../../activities/adapters/evidence/hash-tree.ts';
import { readAuditRows } from '../../../activities/adapters/evidence/read-audit-rows.ts';
import { tarHashes } from '../../../activities/adapters/evidence/tar-hashes.ts';
import { isolationWords, readIsolationState } from '../../../activities/adapters/machine/isolation.ts';
import { addressesOf, dial } from '../../../activities/adapters/machine/port-probe.ts';
import { portsToClose } from '../../../activities/incident/incident-survey.ts';
import { context, newFolder } from '../data-owner/support/build-site.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const live = new AbortController().signal;

test('audit rows of the period are found, however the app writes its times', async () => {
  const database = join(newFolder(), 'database.sqlite');
  const made = new Database(database);
  made.exec('CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, timestamp)');
  const add = made.prepare('INSERT INTO audit_logs VALUES (?, ?)');
  const times = [
    '2026-01-04T01:30:00.000Z',
    '2026-01-04 01:30:00',
    Date.parse('2026-01-04T01:30:00Z'),
    Date.parse('2026-01-04T01:30:00Z') / 1000,
    'no time',
    null,
  ];
  times.forEach((time, index) => add.run(index + 1, time));
  const old = [
    '2026-01-03T23:00:00.000Z',
    '2026-01-03 23:00:00',
    Date.parse('2026-01-03T23:00:00Z'),
    Date.parse('2026-01-03T23:00:00Z') / 1000,
  ];
  old.forEach((time, index) => add.run(index + 100, time));
  made.close();
  const asked = {
    database,
    table: 'audit_logs',
    timeColumn: 'timestamp',
    since: '2026-01-04T01:00:00.000Z',
    after: 0,
  };
  const { lines, next } = await readAuditRows(asked);
  expect(lines.map((line) => JSON.parse(line).id)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(next).toBeNull();
  await expect(readAuditRows({ ...asked, table: 'none' })).rejects.toMatchObject({ code: 'NO_AUDIT_TABLE' });
  await expect(readAuditRows({ ...asked, timeColumn: 'x"; DROP' })).rejects.toMatchObject({
    code: 'BAD_INPUT',
  });
});

test('many audit rows come in pages, none twice', async () => {
  const database = join(newFolder(), 'database.sqlite');
  const made = new Database(database);
  made.exec(`CREATE TABLE audit_logs (id INTEGER PRIMARY KEY, timestamp);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45000) INSERT INTO audit_logs SELECT i, '2026-01-04T01:30:00Z' FROM n`);
  made.close();
  const ids: unknown[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: Awaited<ReturnType<typeof readAuditRows>> = await readAuditRows({
      database,
      table: 'audit_logs',
      timeColumn: 'timestamp',
      since: '2026-01-04T01:00:00Z',
      after,
    });
    ids.push(...page.lines.map((line) => JSON.parse(line).id));
    after = page.next;
  }
  expect([ids.length, new Set(ids).size]).toEqual([45_000, 45_000]);
});

test('a tree is listed with hashes; links are not followed, folders that are left out are not entered', async () => {
  const root = newFolder();
  mkdirSync(join(root, 'app/sub'), { recursive: true });
  mkdirSync(join(root, 'secret'));
  writeFileSync(join(root, 'app/sub/a.txt'), 'hello');
  writeFileSync(join(root, 'secret/b.txt'), 'no');
  symlinkSync('/etc/passwd', join(root, 'app/link'));
  chmodSync(join(root, 'app/sub/a.txt'), 0o4755);
  const to = join(newFolder(), 'list.jsonl');
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  expect(await hashTree({ root, without: [join(root, 'secret')], to, owner }, context)).toEqual({
    files: 1,
    bytes: 5,
    unreadable: 0,
  });
  const lines = readFileSync(to, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toMatchObject([
    { path: join(root, 'app'), kind: 'folder' },
    { path: join(root, 'app/link'), kind: 'link', target: '/etc/passwd' },
    { path: join(root, 'app/sub'), kind: 'folder' },
    { path: join(root, 'app/sub/a.txt'), mode: '4755', bytes: 5, sha256: sha256('hello') },
  ]);
});

test('every file of an exported container is listed by its hash', async () => {
  const tar = join(newFolder(), 'x.tar');
  const made = pack();
  made.entry({ name: 'app/main.mjs' }, 'code');
  made.entry({ name: 'app/link', type: 'symlink', linkname: 'main.mjs' });
  made.finalize();
  await pipeline(made, createWriteStream(tar));
  const lines = [];
  for await (const line of tarHashes(tar, live)) lines.push(JSON.parse(line));
  expect(lines).toMatchObject([
    { path: 'app/main.mjs', type: 'file', bytes: 4, sha256: sha256('code') },
    { path: 'app/link', type: 'symlink', target: 'main.mjs' },
  ]);
});

test('a program that fails, or is not there, gives no evidence silently', async () => {
  expect(await printed('printf', 'one')).toBe('one');
  await expect(printed('false')).rejects.toMatchObject({ code: 'COMMAND_FAILED' });
  await expect(printed('fdts-no-such-program')).rejects.toMatchObject({ code: 'COMMAND_NOT_FOUND' });
});

test('the words of an isolation, and what the kernel says', () => {
  const ports = [{ published: 80, target: 8080, protocol: 'tcp' }];
  expect(isolationWords({ ports: [...ports, ...ports], breakGlass: ['2001:db8::7'], keep: [22] })).toEqual([
    '80:8080/tcp',
    'allow=2001:db8::7',
    'keep=22',
  ]);
  const printed =
    'isolated since 2026-01-04T02:00:00Z\niptables in force\nip6tables missing in INPUT\nufw inactive\nword 80:8080/tcp\ngap 2026-01-04T03:00:00Z iptables incomplete\nssh 22\nssh 2222\n';
  expect(readIsolationState(printed)).toEqual({
    since: '2026-01-04T02:00:00Z',
    ipv4: 'in force',
    ipv6: 'missing in INPUT',
    ufw: 'inactive',
    words: ['80:8080/tcp'],
    gaps: ['2026-01-04T03:00:00Z iptables incomplete'],
    sshPorts: [22, 2222],
  });
  expect(readIsolationState('')).toMatchObject({ since: null, ipv4: 'unknown', ipv6: 'unknown' });
});

test('what containers publish is closed besides what is configured, each once', () => {
  expect(
    portsToClose(['80/tcp', '53/udp'], [published(8443, 443), published(80, 80), published(0, 9)]),
  ).toEqual([
    { published: 53, target: 53, protocol: 'udp' },
    { published: 80, target: 80, protocol: 'tcp' },
    { published: 8443, target: 443, protocol: 'tcp' },
  ]);
});

test('a port that is open, one that refuses, and every address of a name', async () => {
  const server = createServer((socket) => socket.end());
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(portOf(server))),
  );
  expect(await dial('127.0.0.1', port, 2000)).toBe('open');
  await new Promise((resolve) => server.close(resolve));
  expect(await dial('127.0.0.1', port, 2000)).toBe('refused');
  expect(await addressesOf('127.0.0.1')).toEqual(['127.0.0.1']);
  expect(await addressesOf('no-such-name.invalid')).toEqual([]);
});

async function printed(...argv: [string, ...string[]]): Promise<string> {
  let text = '';
  for await (const chunk of await commandSource(argv, live)) text += Buffer.from(chunk).toString();
  return text;
}

function published(port: number, target: number) {
  return { publishedPorts: [{ hostIp: '', published: port, target, protocol: 'tcp' }] };
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
