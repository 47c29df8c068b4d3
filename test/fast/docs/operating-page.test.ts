import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { VerifiedRecord } from '../../../activities/adapters/data-owner/archive/verified-record.ts';
import { recordVerified } from '../../../activities/adapters/data-owner/operations/record-verified.ts';
import { checkoutRoot } from '../../../setup/instance.ts';
import { procedures } from '../../../workflows/procedures/index.ts';
import { newFolder } from '../data-owner/support/build-site.ts';

const page = readFileSync(join(checkoutRoot, 'docs', 'operating.md'), 'utf8');
const context = { signal: new AbortController().signal, onProgress: () => undefined };
const rows = page.split('\n').filter((line) => line.startsWith('|'));
const gates = procedures.flatMap(({ type, steps }) =>
  Object.entries(steps).flatMap(([id, { kind }]) => (kind === 'gate' ? [{ type, id }] : [])),
);

test.each(gates)('the operating guide says what $id of $type asks', ({ type, id }) => {
  expect(rows.filter((row) => row.startsWith(`| \`${id}\` of `) && row.includes(`\`${type}\``))).toHaveLength(
    1,
  );
});

test.each(procedures.map(({ type }) => type))('the operating guide says when to start %s', (type) => {
  const [, choice = ''] = page.split('## Which procedure?');
  expect(choice.split('\n## ')[0]).toContain(`\`${type}\``);
});

test('on a full disk the operating guide tells the backups that are proven whole from the partial ones', async () => {
  const folder = newFolder();
  await verified(folder, '20261101_000000', { mode: 'full', partial: false });
  await verified(folder, '20261102_000000', { mode: 'full' });
  await verified(folder, '20261103_000000', { mode: 'full', partial: true });
  await verified(folder, '20261104_000000', { mode: 'quick', partial: false });
  await verified(folder, '20261105_000000', { mode: 'full', partial: false, source: 'site' });
  const found = await Promise.all(
    [...page.matchAll(/^ +sudo (sh -c '.*verified\.json.*')$/gm)].map(async ([, command = '']) => {
      const { stdout } = await execa('bash', ['-c', command.replace('FOLDER', folder)]);
      return stdout.split('\n').map((name) => name.replace(/^fdts_backup_(\d+)_.*$/, '$1'));
    }),
  );
  expect(found).toEqual([['20261101'], ['20261103']]);
});

async function verified(
  folder: string,
  time: string,
  seen: Pick<VerifiedRecord, 'mode' | 'partial'> & Partial<Pick<VerifiedRecord, 'source'>>,
) {
  const archive = join(folder, `fdts_backup_${time}.tar.gz`);
  writeFileSync(archive, 'x');
  const facts = { sha256: time, bytes: 1, tables: {}, uploads: { count: 0, bytes: 0 } };
  await recordVerified({ archive, ...facts, source: 'fdts-ops', ...seen }, context);
}
