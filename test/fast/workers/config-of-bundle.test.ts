import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { operations } from '../../../activities/adapters/data-owner/operations/index.ts';
import { createDataOwner } from '../../../activities/adapters/data-owner/run-as-owner.ts';
import { completeHost } from '../../../config/complete-host.ts';
import { hostSchema } from '../../../config/host-schema.ts';
import {
  type NamedBundle,
  requireConfigOfBundle,
  takeConfigOfBundle,
} from '../../../workers/config-of-bundle.ts';
import { buildProject, make, type Project } from '../configuration-bundle/support/build-project.ts';
import { context } from '../data-owner/support/build-site.ts';

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

const ARCHIVE = 'fdts_backup_20260104_020000.tar.gz';
const OF_A_DRILL = 'host: {name: of-a-drill}\n';

/** The same, where the configuration of the drill names this folder of backups, and what opens a bundle. */
async function require(named: NamedBundle) {
  const { owner, key } = project.args;
  const own = {
    host: { name: 'of-a-drill', timezone: 'UTC' },
    data: { owner },
    backups: { folder: project.backups },
    bundle: { recipients: key.recipients, identityFile: project.identityFile },
    checks: { login: null, upload: null },
  };
  const config = completeHost(hostSchema.parse(own));
  const data = createDataOwner({ owner: config.data.owner, pace: 'fast' });
  await requireConfigOfBundle({ config, data }, named, { installed, taken });
}

/** What is refused, and what a person is told to add so that the same recovery goes on with the bundle's. */
const refused = (more: string) => ({
  code: 'OTHER_CONFIG',
  exitCode: 2,
  message: expect.stringContaining(`Only ${taken} was written, nothing else changed`),
  hint: expect.stringContaining(
    `--config ${taken}${more} (the bundle's) or --config ${installed} (this machine's)`,
  ),
});

it('another configuration than that of the bundle is not taken before a person says which is meant', async () => {
  writeFileSync(installed, OF_A_DRILL);
  const archive = path.join(project.backups, ARCHIVE);
  writeFileSync(archive, 'x');
  const { bundle, identityFile } = project;
  await expect(require({ archive, bundle, identityFile })).rejects.toMatchObject(refused(''));
  expect(readFileSync(taken, 'utf8')).toBe(ofBundle);
  expect(statSync(taken).mode & 0o777).toBe(0o600);
  expect(readFileSync(installed, 'utf8')).toBe(OF_A_DRILL);
});

it.each([
  ['none, so that it is the newest in the folders', undefined],
  ['only its name', ARCHIVE],
])(
  'an archive of which was said %s has its bundle compared too, and is named in full',
  async (_, archive) => {
    writeFileSync(installed, OF_A_DRILL);
    const there = path.join(project.backups, ARCHIVE);
    writeFileSync(there, 'x');
    await expect(require({ archive })).rejects.toMatchObject(
      refused(` --archive ${there} --identity ${project.identityFile}`),
    );
  },
);

it('where a newer partial backup was passed over, which of both is meant is left to the person', async () => {
  writeFileSync(installed, OF_A_DRILL);
  const whole = path.join(project.backups, ARCHIVE);
  const partial = path.join(project.backups, ARCHIVE.replace('0104', '0105'));
  const seen = { bytes: 1, sha256: 'a', tables: {}, uploads: { count: 0, bytes: 0 } };
  for (const archive of [whole, partial]) {
    writeFileSync(archive, 'x');
    const record = { archive, ...seen, mode: 'full', source: 'site', partial: archive === partial } as const;
    await operations.recordVerified(record, context);
  }
  const refusal = await require({}).catch((error: unknown) => error);
  expect(refusal).toMatchObject(refused(` --archive FILE --identity ${project.identityFile}`));
  expect(refusal).toMatchObject({
    hint: expect.stringMatching(`FILE: ${whole}, or newer, verified, PARTIAL: ${partial}`),
  });
});

it('the same one goes on, whether or not an archive was named', async () => {
  const archive = path.join(project.backups, ARCHIVE);
  writeFileSync(archive, 'x');
  for (const named of [{}, { archive: ARCHIVE }, { archive }]) await require(named);
  expect(existsSync(taken)).toBe(false);
});

it('where there is no archive, or its bundle does not open, the recovery itself says so', async () => {
  writeFileSync(installed, OF_A_DRILL);
  await require({});
  writeFileSync(path.join(project.backups, ARCHIVE), 'x');
  await require({ identityFile: path.join(project.root, 'no.key') });
  await require({ bundle: path.join(project.backups, 'fdts_config_none.tar.age') });
  expect(existsSync(taken)).toBe(false);
});

it('a machine without any takes the one of the bundle', async () => {
  rmSync(installed);
  const named = { bundle: project.bundle, identityFile: project.identityFile };
  expect(await takeConfigOfBundle(named, { installed, taken })).toBe(taken);
  expect(readFileSync(taken, 'utf8')).toBe(ofBundle);
  await expect(takeConfigOfBundle({}, { installed, taken })).rejects.toMatchObject({ code: 'NO_BUNDLE' });
});
