import type { PackageUpgrade } from '../../workflows/contracts/window-plan.ts';
import { downloadUpgrades, plannedUpgradesOf, refreshPackageLists } from '../adapters/machine/packages.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';

const APT_TIMEOUT_MS = 3_600_000;
const PLAN_TIMEOUT_MS = 120_000;

/** Upgrading named packages alone. */
export function emergencyPackageMutations({ config }: Host) {
  const { hold } = config.maintenance.packages;

  /**
   * Fetches the lists and downloads the upgrades of these packages, with what they need. Changes: apt's lists and cache;
   * nothing installed. Safe to repeat; a failure leaves a part of the cache.
   */
  const prepareNamedPackages: Mutation<
    { readonly names: readonly string[] },
    { readonly upgrades: readonly PackageUpgrade[] }
  > = async ({ effects, stamp, round, signal }, { names }) => {
    const options = { timeoutMs: APT_TIMEOUT_MS, signal };
    const run = runName(stamp);
    // A unit that ended well is not run again under the same name.
    const step = round === 0 ? 'apt-refresh' : `apt-refresh-${round}`;
    await effects.perform('apt-get update', () => refreshPackageLists({ run, step }, options), undefined);
    const upgrades = await plannedUpgradesOf(names, { ...options, timeoutMs: PLAN_TIMEOUT_MS });
    const held = upgrades.filter(({ name }) => hold.includes(name)).map(({ name }) => name);
    if (held.length > 0) throw needsHeld(names, held);
    // A dry run has fetched no lists.
    if (upgrades.length === 0 && !effects.dryRun) throw nothingNewer(names);
    await effects.perform(
      upgrades.length === 0
        ? `apt-get --download-only --only-upgrade install ${names.join(' ')}    # versions are known only at run time`
        : `apt-get --download-only install ${upgrades.map(({ name, to }) => `${name}=${to}`).join(' ')}`,
      () => downloadUpgrades({ run, step: 'apt-download' }, upgrades, options),
      undefined,
    );
    return { upgrades };
  };

  return { prepareNamedPackages };
}

function nothingNewer(names: readonly string[]): OperationError {
  return new OperationError({
    code: 'NOTHING_NEWER',
    operation: 'prepareNamedPackages',
    target: names.join(' '),
    cause: 'the package lists offer no newer version of them, or they are not installed',
    hint: `apt-cache policy ${names.join(' ')} says what there is.`,
    retryable: false,
  });
}

function needsHeld(names: readonly string[], held: readonly string[]): OperationError {
  return new OperationError({
    code: 'PACKAGE_HELD',
    operation: 'prepareNamedPackages',
    target: names.join(' '),
    cause: `they need ${held.join(', ')}, which maintenance.packages.hold keeps`,
    hint: 'Take those out of maintenance.packages.hold, or upgrade by hand.',
    retryable: false,
  });
}
