import type { Command } from 'commander';
import { extractBundle } from '../activities/adapters/configuration-bundle/extract-bundle.ts';
import { generateKey, writeIdentity } from '../activities/adapters/configuration-bundle/generate-key.ts';
import { type FoundBundle, listBundles } from '../activities/adapters/configuration-bundle/list-bundles.ts';
import { readBundle } from '../activities/adapters/configuration-bundle/read-bundle.ts';
import { type BundleKeyOptions, bundleFolder, chosenBundle, openingKey } from './bundle-options.ts';

type Out = (text: string) => void;

interface JsonOption {
  readonly json?: boolean;
}

/** `bundle`: make a key, and list, verify and extract configuration bundles; without any server, on any machine. */
export function registerBundle(program: Command, defaultConfig: string, out: Out): void {
  const bundle = program
    .command('bundle')
    .description('the encrypted bundles of the configuration: make a key, list, verify, extract');
  bundle
    .command('keygen')
    .description('make a key: prints the recipient for the configuration; keep the identity off this host')
    .option('--to <file>', 'write the identity into this new file (mode 0600) instead of printing it')
    .option('--json', 'answer in JSON; without --to the identity is in it')
    .action((options: JsonOption & { to?: string }) => keygen(options, out));
  const withPlace = (name: string, text: string) =>
    bundle
      .command(name)
      .description(text)
      .option('--config <file>', "the host's configuration", defaultConfig)
      .option('--json', 'answer in JSON');
  withPlace('list', 'the bundles beside the backups, newest first')
    .option('--folder <dir>', 'look here instead of in the folder of the backups')
    .action((options: BundleKeyOptions & JsonOption) => list(options, out));
  const withKey = (name: string, text: string) =>
    withPlace(name, text)
      .argument('[file]', 'the bundle; default: the newest beside the backups')
      .option('--identity <file>', 'file with the private key, as keygen or age-keygen wrote it')
      .option('--passphrase-file <file>', 'file with the passphrase');
  withKey('verify', 'decrypt a bundle in memory and compare every file with its inventory').action(
    (file: string | undefined, options: BundleKeyOptions & JsonOption) => verify(file, options, out),
  );
  withKey('extract', 'decrypt a bundle into a new folder; overwrites nothing')
    .requiredOption('--to <dir>', 'a folder that does not exist yet or is empty')
    .action((file: string | undefined, options: BundleKeyOptions & JsonOption & { to: string }) =>
      extract(file, options, out),
    );
}

async function keygen({ to, json }: JsonOption & { readonly to?: string }, out: Out): Promise<void> {
  const { identityFile, recipient } = await generateKey(new Date());
  if (to !== undefined) await writeIdentity(to, identityFile);
  if (json === true) {
    const kept = to === undefined ? { identity: identityFile } : { file: to };
    return out(JSON.stringify({ recipient, ...kept }));
  }
  if (to === undefined) out(identityFile.trimEnd());
  const kept = to === undefined ? 'Keep the three lines above' : `Move ${to}`;
  out(`\n${kept} to a safe place off this host: without it no bundle can be opened.`);
  out(`For the configuration of the host:\n\nbundle:\n  recipients: [${recipient}]`);
}

async function list(options: BundleKeyOptions & JsonOption, out: Out): Promise<void> {
  const found = await listBundles(await bundleFolder(options));
  if (options.json === true) out(JSON.stringify({ bundles: found }));
  else out(found.length === 0 ? 'No bundles.' : found.map(line).join('\n'));
}

function line({ bundle, bytes, manifest }: FoundBundle): string {
  if (manifest === null) return `${bundle}  ${bytes} bytes, no manifest`;
  return `${bundle}  ${bytes} bytes, ${manifest.files} files, proven with ${manifest.provenWith}`;
}

async function verify(
  file: string | undefined,
  options: BundleKeyOptions & JsonOption,
  out: Out,
): Promise<void> {
  const bundle = await chosenBundle(file, options);
  const { inventory, entries, sha256 } = await readBundle(bundle, await openingKey(options));
  const { createdAt, leftOut } = inventory;
  const told = { bundle, sha256, createdAt, files: entries.length, leftOut };
  if (options.json === true) return out(JSON.stringify(told));
  out(`${bundle}: opens, and each of its ${entries.length} files is as it was at ${createdAt}`);
  for (const { path, why } of leftOut) out(`not in it: ${path}: ${why}`);
}

async function extract(
  file: string | undefined,
  options: BundleKeyOptions & JsonOption & { to: string },
  out: Out,
): Promise<void> {
  const bundle = await chosenBundle(file, options);
  const checked = await readBundle(bundle, await openingKey(options));
  const extracted = await extractBundle(bundle, checked, options.to);
  if (options.json === true) return out(JSON.stringify({ bundle, ...extracted }));
  out(
    `${extracted.files} files and ${extracted.links} links of ${bundle} are in ${extracted.folder}/files, in clear`,
  );
  for (const link of extracted.linksNotMade) out(`link not made, it leads out of the folder: ${link}`);
}
