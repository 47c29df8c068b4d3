import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import type { DataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { uploadModeMutations } from '../../../activities/diagnosis/upload-modes.ts';
import { Effects } from '../../../activities/execution/effects.ts';
import { buildSite, dataOwner, context as inThisProcess, owner } from '../data-owner/support/build-site.ts';
import { run, smallHost } from './support/small-host.ts';

const data: DataOwner = {
  ...dataOwner,
  findWrongModes: (args) => operations.findWrongModes(args),
  setModes: (args) => operations.setModes(args, inThisProcess),
};

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
const context = () => ({ ...run(), effects: new Effects(false) });

test('what is repaired after chmod -R 644 stands in a list of the host, and the list takes it back', async () => {
  const site = buildSite({ files: 4 });
  const folder = join(site.uploads, '2025');
  execFileSync('chmod', ['-R', '644', site.uploads]);
  const { config } = smallHost(site);
  const host = { config: { ...config, data: { ...config.data, owner } }, data, asRoot: data };
  const { repairModes, restoreModes } = uploadModeMutations(host);

  const { changed, listing, lines } = await repairModes(context(), {});
  expect(changed).toBe(2);
  expect(modeOf(folder)).toBe('755');
  expect(modeOf(join(folder, 'upload-1.bin'))).toBe('644');
  expect(lines.join('\n')).toContain(listing);
  expect(modeOf(listing)).toBe('600');
  const listed = readFileSync(listing, 'utf8').trim().split('\n');
  expect(listed.map((line): unknown => JSON.parse(line))).toMatchObject([
    { path: '', mode: 0o644 },
    { path: '2025', mode: 0o644, wanted: { mode: 0o755 } },
  ]);

  await restoreModes(context(), {});
  expect([modeOf(folder), modeOf(site.uploads)]).toEqual(['644', '644']);
});
