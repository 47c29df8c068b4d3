import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderConfig, suggestConfig } from '../../../workers/init/render-config.ts';
import { readPageCommands } from '../../support/read-page-commands.ts';
import { newFolder } from '../data-owner/support/build-site.ts';
import { containersOf, siteOf, usualFolders } from '../init/sites.ts';

const root = resolve(import.meta.dirname, '../../..');
const blocks = await readPageCommands(new URL('../../../docs/install.md', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = newFolder();
  writeFileSync(join(folder, 'database.sqlite'), '');
  const file = renderConfig(suggestConfig(siteOf(containersOf(), usualFolders)), 'web-1');
  const database = join(folder, 'database.sqlite');
  writeFileSync(join(folder, 'host.yml'), file.replace('/opt/fdts/data/database.sqlite', database));
  stub('make-folder', 'echo "$@" >> "$(dirname "$0")/made"');
  stub('fdts-ops', `cd ${root} && exec ${process.execPath} --import tsx bin/fdts-ops.ts "$@"`);
  for (const name of ['systemctl', 'curl']) stub(name, 'true');
});

/** Runs the block of the page that has these words, on a file as `init` writes it. */
async function type(words: string): Promise<void> {
  const script = blocks.find((block) => block.script.includes(words))?.script ?? 'false';
  const here = script
    .replaceAll('/etc/fdts-ops/', `${folder}/`)
    .replaceAll('/opt/fdts-ops/packaging/', `${folder}/`)
    .replaceAll('/root/', `${folder}/`);
  const env = { BACKUPS: join(folder, 'backups'), PATH: `${folder}:${process.env['PATH'] ?? ''}` };
  await execa('bash', ['-euo', 'pipefail', '-c', here], { env });
}

function stub(name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const config = () => parse(readFileSync(join(folder, 'host.yml'), 'utf8'));

test('the folder of the backups that the page names is configured, and made for the owner of the database', async () => {
  await type('s#^  folder: ');
  expect(config()).toMatchObject({
    backups: { folder: join(folder, 'backups') },
    project: { folder: '/opt/fdts' },
  });
  await type('make-folder');
  const { uid, gid } = { uid: process.getuid?.(), gid: process.getgid?.() };
  expect(readFileSync(join(folder, 'made'), 'utf8')).toBe(`${uid}:${gid} 0700 ${folder}/backups\n`);
});

test('the public half of the key that the page makes is the recipient of the bundles', async () => {
  await type('bundle keygen');
  const { bundle } = config();
  expect(bundle.recipients).toEqual([expect.stringMatching(/^age1[a-z0-9]{58}$/)]);
  expect(readFileSync(join(folder, 'bundle.key'), 'utf8')).toContain(bundle.recipients[0]);
});
