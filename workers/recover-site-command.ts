import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { runCommand } from '../activities/adapters/command/run-command.ts';
import { createDataOwner } from '../activities/adapters/data-owner/run-as-owner.ts';
import { removeKeptDrills } from '../activities/new-site/kept-drills.ts';
import { CliError } from '../client/cli-error.ts';
import { exitCodeOf } from '../client/exit-codes.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import {
  type DisasterRecoveryInput,
  disasterRecoveryProcedure,
} from '../workflows/procedures/disaster-recovery.ts';
import { composeHost } from './compose-host.ts';
import { requireConfigOfBundle, takeConfigOfBundle } from './config-of-bundle.ts';
import { whoAnswers } from './confirm-recovery.ts';
import { askFreezes, overrideReason } from './local-freeze.ts';
import { recoverSiteLocally } from './recover-site.ts';
import { requireRoot } from './require-root.ts';
import { tellSection } from './tell-section.ts';

interface RecoverSiteOptions {
  readonly config?: string;
  readonly mode: string;
  readonly archive?: string;
  readonly bundle?: string;
  readonly identity?: string;
  readonly passphraseFile?: string;
  readonly images?: string;
  readonly keep?: boolean;
  readonly remove?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly overrideFreeze?: string;
  readonly json?: boolean;
}

type Out = (text: string) => void;

const INSTALLED_CONFIG = '/etc/fdts-ops/host.yml';
const CONFIG_PLACES = { installed: INSTALLED_CONFIG, taken: '/root/fdts-ops-host.yml' };
const INSTALL_TIMEOUT_MS = 300_000;

/** `recover-site`: FDTS on a new machine, by one command there, when the Temporal server is lost too. */
export function registerRecoverSite(program: Command, out: Out): void {
  program
    .command('recover-site')
    .description(
      'make this machine FDTS from a backup and its configuration bundle, without any server; a drill unless --mode real',
    )
    .option('--mode <mode>', 'drill: in a throwaway copy, removed afterwards; real: users get it', 'drill')
    .option('--archive <file>', 'full path of the backup archive, its manifest beside it')
    .option(
      '--bundle <file>',
      'full path of the configuration bundle; default: the one of the archive, beside it',
    )
    .option('--identity <file>', 'file with the private key that opens the bundle')
    .option('--passphrase-file <file>', 'file with the passphrase that opens the bundle')
    .option('--images <file>', 'file of "docker save" with images that no registry has')
    .option(
      '--config <file>',
      `the configuration of this host; default: ${INSTALLED_CONFIG}, else the one in the bundle`,
    )
    .option('--keep', 'leave the copy of a drill running, to look at it')
    .option('--remove', 'only remove what drills with --keep left')
    .option('--dry-run', 'only say what would be done; installs fdts-ops itself all the same')
    .option('--yes', 'do not ask before what is on this machine is moved aside')
    .option('--override-freeze <reason>', 'why it runs although a freeze is on; stands in the report')
    .option('--json', 'answer in JSON')
    .action((options: RecoverSiteOptions) => runRecoverSite(options, out));
}

async function runRecoverSite(options: RecoverSiteOptions, out: Out): Promise<void> {
  requireRoot('recover-site');
  if (!['drill', 'real'].includes(options.mode))
    throw usage(
      'BAD_MODE',
      `--mode: got "${options.mode}", expected drill or real`,
      'Leave it out for a drill.',
    );
  const isJson = options.json === true;
  const say = (text: string): void => (isJson ? undefined : out(text));
  if (options.remove === true) {
    const removed = await removeKeptDrills(
      await composeHost(await loadHostConfig(options.config ?? INSTALLED_CONFIG)),
    );
    out(
      isJson
        ? JSON.stringify({ removed })
        : removed.length === 0
          ? 'Nothing to remove.'
          : removed.map((name) => `removed ${name}`).join('\n'),
    );
    return;
  }
  const input = inputOf(options);
  const config = await loadHostConfig(await prepareMachine(options, say));
  const { report, file } = await recoverSiteLocally(config, input, {
    run: { workflowId: `recover-site-${randomUUID().slice(0, 8)}`, runId: randomUUID() },
    say,
    ask: whoAnswers(options, process.stdin.isTTY),
  });
  if (isJson)
    out(
      JSON.stringify({
        outcome: report.outcome,
        because: report.because,
        report: file,
        checks: report.checks,
        sections: report.sections,
      }),
    );
  for (const section of report.sections) say(tellSection(section));
  for (const { name, status, got } of report.checks) say(`${status.padEnd(10)} ${name}: ${got}`);
  say(`Outcome: ${report.outcome}: ${report.because}${file === null ? '' : `\nReport: ${file}`}`);
  process.exitCode = exitCodeOf(report.outcome);
}

/** Installs fdts-ops itself where it is not, by its own installer, with the configuration of the old host. */
async function prepareMachine(options: RecoverSiteOptions, say: Out): Promise<string> {
  const installed = options.config ?? INSTALLED_CONFIG;
  const found = await loadHostConfig(installed).catch((error: unknown) => {
    if (options.config !== undefined) throw error;
    return null;
  });
  if (found !== null && options.config === undefined) {
    // What a drill is made with reaches no user.
    if (options.mode === 'real')
      await requireConfigOfBundle(
        { config: found, data: createDataOwner({ owner: found.data.owner, pace: 'gentle' }) },
        inputOf(options),
        CONFIG_PLACES,
      );
    return installed;
  }
  const config = found === null ? await takeConfigOfBundle(inputOf(options), CONFIG_PLACES) : installed;
  askFreezes(await loadHostConfig(config), disasterRecoveryProcedure, inputOf(options));
  const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
  const installer = path.join(root, 'packaging/install-host.sh');
  say(`- Install fdts-ops on this machine with ${config}`);
  const argv = [
    'bash',
    installer,
    '--node',
    process.execPath,
    '--program',
    root,
    '--config',
    config,
    '--standby',
    '--no-start',
  ];
  await runCommand({ argv: ['bash', ...argv.slice(1)] }, { timeoutMs: INSTALL_TIMEOUT_MS });
  return INSTALLED_CONFIG;
}

function inputOf(options: RecoverSiteOptions): Partial<DisasterRecoveryInput> {
  const {
    archive,
    bundle,
    identity: identityFile,
    passphraseFile,
    images,
    keep = false,
    dryRun = false,
  } = options;
  const overrideFreeze = overrideReason(options.overrideFreeze);
  const given = { archive, bundle, identityFile, passphraseFile, images, overrideFreeze };
  const named = Object.fromEntries(
    Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  return { ...named, mode: options.mode === 'real' ? 'real' : 'drill', keep, dryRun };
}

function usage(code: string, message: string, hint: string): CliError {
  return new CliError('usage', { code, message, hint });
}
