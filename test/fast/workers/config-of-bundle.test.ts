import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import {
  type NamedBundle,
  requireConfigOfBundle,
  takeConfigOfBundle,
} from '../../../workers/config-of-bundle.ts';
import { buildProject, make, type Project } from '../configuration-bundle/support/build-project.ts';

let project: Project;
let installed: string;
let taken: string;
let ofBundle: string;

/** A machine whose own configuration a drill of long ago has left, and a bundle that was given. */
beforeEach(async () => {
  project = await buildProject();
  await make(project);
  installed = path.join(project.folder, 'host.yml');
  taken = path.join(project.root, 'taken.yml');
  ofBundle = readFileSync(installed, 'utf8');
});

const require = (named: NamedBundle = {}) =>
  requireConfigOfBundle(
    { bundle: project.bundle, identity: project.identityFile, ...named },
    { installed, taken },
  );

it('another configuration than that of the bundle is not taken before a person says which is meant', async () => {
  writeFileSync(installed, 'host: {name: of-a-drill}\n');
  await expect(require()).rejects.toMatchObject({
    code: 'OTHER_CONFIG',
    exitCode: 2,
    hint: expect.stringMatching(`--config ${taken} .*the bundle's.*--config ${installed} .*this machine's`),
  });
  expect(readFileSync(taken, 'utf8')).toBe(ofBundle);
  expect(statSync(taken).mode & 0o777).toBe(0o600);
  expect(readFileSync(installed, 'utf8')).toContain('of-a-drill');
});

it('the bundle is also the one beside the archive', async () => {
  writeFileSync(installed, 'host: {name: of-a-drill}\n');
  const archive = path.join(project.backups, 'fdts_backup_20260104_020000.tar.gz');
  await expect(require({ bundle: undefined, archive })).rejects.toMatchObject({ code: 'OTHER_CONFIG' });
});

it('the same one goes on, as does whoever gives no bundle, or one that does not open', async () => {
  await require();
  writeFileSync(installed, 'host: {name: of-a-drill}\n');
  await require({ bundle: undefined });
  await require({ identity: null });
  await require({ bundle: path.join(project.backups, 'fdts_config_none.tar.age') });
  expect(existsSync(taken)).toBe(false);
});

it('a machine without any takes the one of the bundle', async () => {
  rmSync(installed);
  const named = { bundle: project.bundle, identity: project.identityFile };
  expect(await takeConfigOfBundle(named, { installed, taken })).toBe(taken);
  expect(readFileSync(taken, 'utf8')).toBe(ofBundle);
  await expect(takeConfigOfBundle({}, { installed, taken })).rejects.toMatchObject({ code: 'NO_BUNDLE' });
});
