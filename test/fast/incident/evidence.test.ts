import { appendFileSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Decrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCustody, readCustody } from '../../../activities/adapters/evidence/custody-log.ts';
import { evidenceFolder, textSource } from '../../../activities/adapters/evidence/evidence-folder.ts';
import { sealEvidence, verifyEvidence } from '../../../activities/adapters/evidence/evidence-manifest.ts';
import { registerEvidence } from '../../../workers/evidence-command.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const ORIGIN = {
  incident: '20260104_020000',
  host: 'web-1',
  machineId: '0'.repeat(32),
  run: '20260104_020000',
};
const WHO = 'fdts-ops on web-1';

/** Sealed evidence of two files, one of them in a folder of its own. */
async function sealed() {
  const folder = join(newFolder(), '20260104_020000');
  const evidence = evidenceFolder(folder, WHO);
  await evidence.prepare();
  await evidence.collect({ file: 'logs/app.log', how: 'docker logs app' }, async () =>
    textSource('one\ntwo\n'),
  );
  await evidence.collect({ file: 'audit-rows.jsonl', how: 'rows' }, async () => [
    '{"a":1}\n',
    Buffer.from('{"a":2}\n'),
  ]);
  await evidence.leaveOut('host/logins.txt', 'COMMAND_NOT_FOUND');
  return { folder, evidence, ...(await sealEvidence(folder, ORIGIN, WHO)) };
}

async function cli(...args: string[]): Promise<string> {
  const told: string[] = [];
  const program = new Command().exitOverride();
  registerEvidence(program, '/nonexistent/host.yml', (text) => void told.push(text));
  await program.parseAsync(['evidence', ...args], { from: 'user' });
  return told.join('\n');
}

test('evidence is private, and as it was sealed', async () => {
  const { folder, manifest, manifestSha256 } = await sealed();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(join(folder, 'logs/app.log')).mode & 0o777).toBe(0o600);
  expect(manifest.files.map(({ file, bytes }) => [file, bytes])).toEqual([
    ['logs/app.log', 8],
    ['audit-rows.jsonl', 16],
  ]);
  expect((await verifyEvidence(folder, manifestSha256)).problems).toEqual([]);
  expect(await cli('verify', folder, '--sha256', manifestSha256)).toContain(
    'each of its 2 files is as it was sealed',
  );
  const { entries } = await readCustody(folder);
  expect(entries.map(({ what, who }) => [what, who])).toEqual([
    ['collected', WHO],
    ['collected', WHO],
    ['not collected', WHO],
    ['sealed', WHO],
  ]);
  expect(entries.every(({ at }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(at))).toBe(true);
});

test('a repeat keeps what was collected, and seals nothing anew', async () => {
  const { folder, evidence, manifestSha256 } = await sealed();
  await evidence.collect({ file: 'logs/app.log', how: 'again' }, async () => textSource('other\n'));
  expect(readFileSync(join(folder, 'logs/app.log'), 'utf8')).toBe('one\ntwo\n');
  expect((await sealEvidence(folder, ORIGIN, WHO)).manifestSha256).toBe(manifestSha256);
  expect((await verifyEvidence(folder, null)).problems).toEqual([]);
});

test.each<[string, (folder: string) => void, RegExp]>([
  [
    'a flipped bit',
    (folder) => flip(join(folder, 'logs/app.log')),
    /logs\/app\.log: its content was changed/,
  ],
  ['a missing file', (folder) => rmSync(join(folder, 'audit-rows.jsonl')), /audit-rows\.jsonl: is missing/],
  [
    'a longer file',
    (folder) => appendFileSync(join(folder, 'audit-rows.jsonl'), 'x'),
    /has 17 bytes, expected 16/,
  ],
  [
    'a file too many',
    (folder) => writeFileSync(join(folder, 'planted'), ''),
    /planted: is not in the manifest/,
  ],
  ['a custody line taken out', (folder) => dropLine(join(folder, 'custody.jsonl')), /custody\.jsonl: line 1/],
  ['a custody line changed', (folder) => flip(join(folder, 'custody.jsonl')), /custody\.jsonl: line/],
  [
    'a manifest made anew',
    (folder) => appendFileSync(join(folder, 'manifest.json'), '\n'),
    /names another manifest/,
  ],
])('%s is told', async (_, spoil, told) => {
  const { folder } = await sealed();
  spoil(folder);
  await expect(cli('verify', folder)).rejects.toMatchObject({
    code: 'EVIDENCE_CHANGED',
    message: expect.stringMatching(told),
  });
});

test('evidence that was made anew as a whole is told by the hash of the report alone', async () => {
  const { manifestSha256 } = await sealed();
  const { folder } = await sealed();
  expect((await verifyEvidence(folder, manifestSha256)).problems).toEqual([
    expect.stringMatching(/made anew/),
  ]);
});

test('a folder that is no evidence is said to be none', async () => {
  await expect(cli('verify', newFolder())).rejects.toMatchObject({ code: 'NOT_EVIDENCE' });
});

test('a custody line that a power failure cut is written again', async () => {
  const folder = newFolder();
  const entry = { at: '2026-01-04T02:00:00.000Z', who: WHO, what: 'collected', file: 'a', how: 'b' } as const;
  await addCustody(folder, entry);
  appendFileSync(join(folder, 'custody.jsonl'), '{"at":"2026');
  await addCustody(folder, { ...entry, file: 'c' });
  const { entries, broken } = await readCustody(folder);
  expect([entries.map(({ file }) => file), broken]).toEqual([['a', 'c'], null]);
});

test('an export is encrypted, opens to the same folder, and is noted; changed evidence is not exported', async () => {
  const { folder } = await sealed();
  const identity = await generateX25519Identity();
  const to = join(newFolder(), 'incident.tar.age');
  const recipient = ['--recipient', await identityToRecipient(identity)];
  expect(await cli('export', folder, '--to', to, ...recipient)).toContain('decrypted again and compared');
  expect(readFileSync(to, 'latin1')).not.toContain('{"a":1}');
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const tar = Buffer.from(await decrypter.decrypt(readFileSync(to))).toString('latin1');
  expect(tar).toContain('20260104_020000/logs/app.log');
  expect(tar).toContain('{"a":1}');
  expect((await readCustody(folder)).entries.at(-1)).toMatchObject({
    what: 'exported',
    file: 'incident.tar.age',
  });
  expect((await verifyEvidence(folder, null)).problems).toEqual([]);
  await expect(cli('export', folder, '--to', to, ...recipient)).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
  flip(join(folder, 'logs/app.log'));
  await expect(cli('export', folder, '--to', `${to}2`, ...recipient)).rejects.toMatchObject({
    code: 'EVIDENCE_CHANGED',
  });
});

function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[2] = (bytes[2] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function dropLine(file: string): void {
  writeFileSync(file, readFileSync(file, 'utf8').split('\n').slice(1).join('\n'));
}
