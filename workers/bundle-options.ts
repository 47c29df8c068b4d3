import type { OpeningKey } from '../activities/adapters/configuration-bundle/bundle-key.ts';
import { listBundles } from '../activities/adapters/configuration-bundle/list-bundles.ts';
import { bundleKeyOf } from '../activities/backups/bundle-contents.ts';
import { CliError } from '../client/cli-error.ts';
import { loadHostConfig } from '../config/load-host-config.ts';

/** What a person says about where bundles are and what opens them; the host's configuration says the rest. */
export interface BundleKeyOptions {
  readonly config: string;
  readonly folder?: string;
  readonly identity?: string;
  readonly passphraseFile?: string;
}

/** The folder to look in. */
export async function bundleFolder({ config, folder }: BundleKeyOptions): Promise<string> {
  return folder ?? (await loadHostConfig(config)).backups.folder;
}

/** The bundle that is meant: the one named, or the newest. On another machine than the host it has to be named. */
export async function chosenBundle(file: string | undefined, options: BundleKeyOptions): Promise<string> {
  if (file !== undefined) return file;
  const folder = await bundleFolder(options);
  const [newest] = await listBundles(folder);
  if (newest !== undefined) return newest.bundle;
  throw new CliError('notFound', {
    code: 'NO_BUNDLE',
    message: `there is no configuration bundle in ${folder}`,
    hint: 'Give the path of one, or make one: fdts-ops start manualBackup',
  });
}

/** What opens it: what was given here, or what the host's configuration has. */
export async function openingKey(options: BundleKeyOptions): Promise<OpeningKey> {
  const { identity: identityFile = null, passphraseFile = null } = options;
  if (identityFile !== null || passphraseFile !== null)
    return { identityFile, passphraseFile, passphrase: null };
  const key = bundleKeyOf(await loadHostConfig(options.config));
  if (key.identityFile !== null || key.passphraseFile !== null || key.passphrase !== null) return key;
  throw new CliError('usage', {
    code: 'KEY_MISSING',
    message: 'nothing here opens a bundle: the configuration has recipients only, or no key',
    hint: 'Give --identity FILE (or --passphrase-file FILE).',
  });
}
