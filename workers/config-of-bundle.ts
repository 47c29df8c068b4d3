import { readFile } from 'node:fs/promises';
import { bundleBeside } from '../activities/adapters/configuration-bundle/bundle-beside.ts';
import { readBundle } from '../activities/adapters/configuration-bundle/read-bundle.ts';
import { writeSecretly } from '../activities/adapters/project-copy/write-secretly.ts';
import { CliError } from '../client/cli-error.ts';
import { shellQuote } from '../workflows/contracts/shell-quote.ts';

/** The bundle that a person named, itself or by the archive that it lies beside, and what opens it. */
export interface NamedBundle {
  readonly bundle?: string | undefined;
  readonly archive?: string | undefined;
  readonly identity?: string | null | undefined;
  readonly passphraseFile?: string | null | undefined;
}

/** Full paths: the configuration of a host, and the file into which the one of a bundle is written. */
export interface ConfigPlaces {
  readonly installed: string;
  readonly taken: string;
}

/** Writes the host's configuration that a bundle has into a file for root alone. Gives its path. */
export async function takeConfigOfBundle(
  named: NamedBundle,
  { installed, taken }: ConfigPlaces,
): Promise<string> {
  const bundle = bundleOf(named);
  if (bundle === undefined)
    throw new CliError('usage', {
      code: 'NO_BUNDLE',
      message: 'this machine has no configuration, and no bundle was given',
      hint: 'Give --archive FILE with its bundle beside it, or --bundle FILE.',
    });
  const found = await configIn(bundle, named, installed);
  if (found === undefined)
    throw new CliError('usage', {
      code: 'NO_CONFIG',
      message: `${bundle} has no ${installed}`,
      hint: 'Give --config FILE.',
    });
  await writeSecretly(taken, found.toString('utf8'));
  return taken;
}

/**
 * A machine may have its configuration from a drill of long ago: users get the one of the bundle, unless a person says
 * which is meant. A bundle that does not open is no reason to stop here: the recovery itself says why it does not.
 * @throws CliError `OTHER_CONFIG`: they differ; the one of the bundle was written beside, to be read and given.
 */
export async function requireConfigOfBundle(named: NamedBundle, places: ConfigPlaces): Promise<void> {
  const { installed, taken } = places;
  const bundle = bundleOf(named);
  if (bundle === undefined) return;
  const found = await configIn(bundle, named, installed).catch(() => undefined);
  if (found === undefined || found.equals(await readFile(installed))) return;
  await writeSecretly(taken, found.toString('utf8'));
  throw new CliError('usage', {
    code: 'OTHER_CONFIG',
    message: `${installed} of this machine is not the one in ${bundle}: a drill may have left it here. Nothing was changed`,
    hint: `Compare: diff ${shellQuote(installed)} ${shellQuote(taken)}. Then say which is meant: --config ${shellQuote(taken)} (the bundle's) or --config ${shellQuote(installed)} (this machine's).`,
  });
}

function bundleOf({ bundle, archive }: NamedBundle): string | undefined {
  return bundle ?? (archive === undefined ? undefined : bundleBeside(archive));
}

async function configIn(
  bundle: string,
  { identity, passphraseFile }: NamedBundle,
  installed: string,
): Promise<Buffer | undefined> {
  const key = { identityFile: identity ?? null, passphraseFile: passphraseFile ?? null, passphrase: null };
  const { entries } = await readBundle(bundle, key);
  return entries.find(({ name, type }) => type === 'file' && name.endsWith(installed))?.content;
}
