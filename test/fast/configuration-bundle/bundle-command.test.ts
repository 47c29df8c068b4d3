import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { loadHostConfig } from '../../../config/load-host-config.ts';
import { registerBundle } from '../../../workers/bundle-command.ts';
import { bundleFindings } from '../../../workers/doctor/bundle-findings.ts';
import { smallestHost } from '../config/write-config-file.ts';
import { newFolder } from '../data-owner/support/build-site.ts';
import { buildProject, make } from './support/build-project.ts';

/** What a person reads at the terminal. */
async function bundle(...args: string[]): Promise<string> {
  const told: string[] = [];
  const program = new Command().exitOverride();
  registerBundle(program, '/nonexistent/host.yml', (text) => void told.push(text));
  await program.parseAsync(['bundle', ...args], { from: 'user' });
  return told.join('\n');
}

test('the key that is made fits the configuration that is printed, and the identity stays private', async () => {
  const file = join(newFolder(), 'bundle.key');
  const said = await bundle('keygen', '--to', file);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(said).not.toContain('AGE-SECRET-KEY');
  const config = join(newFolder(), 'host.yml');
  writeFileSync(config, `${smallestHost}\n${said.slice(said.indexOf('bundle:'))}\n`);
  const [recipient = ''] = (await loadHostConfig(config)).bundle.recipients;
  expect(readFileSync(file, 'utf8')).toContain(`# public key: ${recipient}`);
  expect(bundleFindings(await loadHostConfig(config))).toMatchObject([{ status: 'ok' }]);
  await expect(bundle('keygen', '--to', file)).rejects.toMatchObject({ code: 'ALREADY_EXISTS' });
  expect(await bundle('keygen')).toMatch(/^AGE-SECRET-KEY-1[A-Z0-9]+$/m);
});

test('a key that is made for a script is one JSON document; a file keeps the identity out of it', async () => {
  const file = join(newFolder(), 'bundle.key');
  const told = await bundle('keygen', '--to', file, '--json');
  const { recipient, ...rest } = JSON.parse(told);
  expect(rest).toEqual({ file });
  expect(told).not.toContain('AGE-SECRET-KEY');
  expect(readFileSync(file, 'utf8')).toContain(`# public key: ${recipient}`);
  const printed = JSON.parse(await bundle('keygen', '--json'));
  expect(printed.identity).toMatch(/^AGE-SECRET-KEY-1[A-Z0-9]+$/m);
  expect(printed.identity).toContain(`# public key: ${printed.recipient}`);
});

test('a bundle is listed, verified and extracted without any server or configuration', async () => {
  const project = await buildProject();
  await make(project);
  expect(await bundle('list', '--folder', project.backups)).toContain(
    `${project.bundle}  ${statSync(project.bundle).size} bytes, 8 files, proven with a one-time key`,
  );
  const key = ['--identity', project.identityFile];
  expect(await bundle('verify', project.bundle, ...key)).toMatch(/opens, and each of its 8 files/);
  const to = join(project.root, 'out');
  const told: unknown = JSON.parse(await bundle('extract', project.bundle, ...key, '--to', to, '--json'));
  expect(told).toMatchObject({ files: 7, links: 1, linksNotMade: [] });
  expect(readFileSync(join(to, 'files', project.folder, '.env.production'), 'utf8')).toContain('JWT_SECRET');
});

test('on the host the configuration says which is the newest and what opens it', async () => {
  const project = await buildProject();
  await make(project);
  const config = join(project.root, 'host.yml');
  const base = `${smallestHost}\nbackups: { folder: /srv/none }\n`;
  writeFileSync(config, base);
  expect(bundleFindings(await loadHostConfig(config))).toMatchObject([
    { status: 'warning', getIt: expect.stringContaining('keygen') },
  ]);
  const verify = bundle('verify', project.bundle, '--config', config);
  await expect(verify).rejects.toMatchObject({
    code: 'KEY_MISSING',
    hint: expect.stringContaining('--identity'),
  });
  const { recipients } = project.args.key;
  writeFileSync(
    config,
    `${base}bundle: { recipients: [${recipients[0]}], identityFile: ${project.identityFile} }\n`,
  );
  expect(await bundle('verify', project.bundle, '--config', config)).toMatch(/opens/);
});
