import { readFile } from 'node:fs/promises';
import { bundleBeside } from '../activities/adapters/configuration-bundle/bundle-beside.ts';
import { readBundle } from '../activities/adapters/configuration-bundle/read-bundle.ts';
import { OperationError } from '../activities/adapters/operation-error.ts';
import { writeSecretly } from '../activities/adapters/project-copy/write-secretly.ts';
import { passedOverTold } from '../activities/backups/passed-over.ts';
import { recoverySources } from '../activities/new-site/recovery-sources.ts';
import { CliError } from '../client/cli-error.ts';
import type { SiteBundle } from '../workflows/contracts/new-site.ts';
import { shellQuote } from '../workflows/contracts/shell-quote.ts';

/** The bundle that a person named, itself or by the archive that it lies beside, and what opens it. */
export interface NamedBundle {
  readonly bundle?: string | undefined;
  readonly archive?: string | undefined;
  readonly identityFile?: string | null | undefined;
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
  const { archive, bundle = archive === undefined ? undefined : bundleBeside(archive) } = named;
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
 * which is meant. The bundle is the one that the recovery finds by the configuration that is here, named or not.
 * @throws CliError `OTHER_CONFIG`: they differ; the one of the bundle was written beside, to be read and given.
 */
export async function requireConfigOfBundle(
  host: Parameters<typeof recoverySources>[0],
  named: NamedBundle,
  { installed, taken }: ConfigPlaces,
): Promise<void> {
  const used = await orToldByRecovery(async () => {
    const { archive = null, bundle = null, identityFile = null, passphraseFile = null } = named;
    const sources = { archive, bundle, identityFile, passphraseFile };
    const found = await recoverySources(host, sources, new AbortController().signal);
    const config = await configIn(found.bundle.bundle, found.bundle, installed);
    const { archive: file, passedOver } = found.archive;
    return { ...found.bundle, archive: file, passedOver, config };
  });
  if (used?.config === undefined || used.config.equals(await readFile(installed))) return;
  await writeSecretly(taken, used.config.toString('utf8'));
  const add = [`--config ${shellQuote(taken)}`, ...notNamed(named, used)].join(' ');
  const which =
    used.passedOver === null ? '' : ` FILE: ${used.archive}, or ${passedOverTold(used.passedOver)}.`;
  throw new CliError('usage', {
    code: 'OTHER_CONFIG',
    message: `${installed} of this machine is not the one in ${used.bundle}: a drill may have left it here. Only ${taken} was written, nothing else changed`,
    hint: `Compare: diff ${shellQuote(installed)} ${shellQuote(taken)}. Then the same command with what is meant: ${add} (the bundle's) or --config ${shellQuote(installed)} (this machine's).${which}`,
  });
}

/** What is not there, or does not open, ends the recovery as well, which says why; anything else may pass until then. */
async function orToldByRecovery<Found>(look: () => Promise<Found>): Promise<Found | null> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof OperationError && !error.retryable) return null;
    throw error;
  }
}

/** By the configuration of the bundle the same archive and key may not be found: who takes that one names them. */
function notNamed(
  named: NamedBundle,
  used: SiteBundle & { readonly archive: string; readonly passedOver: string | null },
): string[] {
  const options = [
    // Which of two is meant, the whole one or the newer partial one, only a person knows.
    ['--archive', named.archive, used.passedOver === null ? used.archive : 'FILE'],
    ['--identity', named.identityFile, used.identityFile],
    ['--passphrase-file', named.passphraseFile, used.passphraseFile],
  ] as const;
  return options.flatMap(([option, before, now]) =>
    now === null || now === before ? [] : [`${option} ${shellQuote(now)}`],
  );
}

async function configIn(
  bundle: string,
  { identityFile, passphraseFile }: NamedBundle,
  installed: string,
): Promise<Buffer | undefined> {
  const key = {
    identityFile: identityFile ?? null,
    passphraseFile: passphraseFile ?? null,
    passphrase: null,
  };
  const { entries } = await readBundle(bundle, key);
  return entries.find(({ name, type }) => type === 'file' && name.endsWith(installed))?.content;
}
