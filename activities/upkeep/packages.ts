import type { PackageUpgrade } from '../../workflows/contracts/window-plan.ts';
import { displayCommand } from '../adapters/command/command.ts';
import {
  deferredRestarts,
  downloadUpgrades,
  installExactly,
  installedVersions,
  interruptedDpkg,
  planCommand,
  plannedUpgrades,
  rebootRequired,
  refreshPackageLists,
  repairPackages,
  restartDeferred as restartWhatWasPutOff,
  settleCommand,
  settleInstall,
} from '../adapters/machine/packages.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';

const APT_TIMEOUT_MS = 3_600_000;
const PLAN_TIMEOUT_MS = 120_000;

/** Upgrading the packages of the host. All of it runs in units of its own that outlive the worker. */
export function packageMutations({ config }: Host) {
  const { hold } = config.maintenance.packages;

  /** Fetches the lists and downloads the upgrades. Changes: apt's lists and cache; nothing installed. Safe to repeat. */
  const preparePackages: Mutation<
    Record<string, never>,
    { readonly upgrades: readonly PackageUpgrade[] }
  > = async ({ effects, stamp, round, signal }) => {
    const options = { timeoutMs: APT_TIMEOUT_MS, signal };
    const run = runName(stamp);
    // A unit that ended well is not run again under the same name.
    const step = round === 0 ? 'apt-refresh' : `apt-refresh-${round}`;
    await effects.perform('apt-get update', () => refreshPackageLists({ run, step }, options), undefined);
    const planned = await plannedUpgrades({ ...options, timeoutMs: PLAN_TIMEOUT_MS });
    const upgrades = planned.filter(({ name }) => !hold.includes(name));
    await effects.perform(
      upgrades.length === 0
        ? `${displayCommand(planCommand())}    # says that there is nothing to upgrade`
        : `apt-get --download-only install ${upgrades.map(exactly).join(' ')}`,
      () => downloadUpgrades({ run, step: 'apt-download' }, upgrades, options),
      undefined,
    );
    return { upgrades };
  };

  return { preparePackages, installPackages, settlePackages, restartDeferred, repairPackageState };
}

/**
 * Installs exactly the approved versions, keeping changed configuration files. Changes: packages; restarts of Docker
 * and of the worker are put off. Repeating it attaches to the unit that does it, or repairs what was cut off.
 */
const installPackages: Mutation<
  { readonly upgrades: readonly PackageUpgrade[] },
  { readonly lines: readonly string[] }
> = async ({ effects, stamp, signal }, { upgrades }) => {
  const options = { timeoutMs: APT_TIMEOUT_MS, signal };
  const run = runName(stamp);
  await effects.perform(
    `apt-get -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold --no-download install ${upgrades.map(exactly).join(' ')}`,
    () => installExactly({ run, step: 'apt-install' }, upgrades, options),
    undefined,
  );
  if (effects.dryRun)
    return { lines: upgrades.map(({ name, from, to }) => `${name}: ${from ?? 'new'} → ${to}`) };
  return { lines: await installedNow(upgrades, signal) };
};

/**
 * Takes the host out of the middle of an upgrade: waits for the one of this run when it still goes on (dpkg is never
 * cut), repairs what was cut off, restarts what was put off while FDTS is stopped. Packages stay at the version that
 * they have then: `lines`. A repair that fails is told, and does not keep FDTS down. With `keepServing` nothing is
 * restarted: FDTS runs. Safe to repeat, also when the upgrade never began.
 */
const settlePackages: Mutation<
  { readonly upgrades: readonly PackageUpgrade[]; readonly keepServing?: true },
  { readonly lines: readonly string[] }
> = async (context, { upgrades, keepServing }) => {
  const { effects, stamp, signal } = context;
  const options = { timeoutMs: APT_TIMEOUT_MS, signal };
  const install = { run: runName(stamp), step: 'apt-install' };
  await effects.perform(
    settleCommand(install, upgrades),
    () => settleInstall(install, upgrades, options),
    undefined,
  );
  const audit = { timeoutMs: PLAN_TIMEOUT_MS, signal };
  const failures: string[] = [];
  if ((await interruptedDpkg(audit)).length > 0) {
    await repairPackageState(context, {}).catch((error: unknown) => {
      if (!(error instanceof OperationError) || signal.aborted) throw error;
      failures.push(error.message);
    });
  }
  if (keepServing !== true) await restartDeferred(context, {});
  const lines = await installedNow(upgrades, signal);
  const left = effects.dryRun ? [] : await interruptedDpkg(audit);
  if (left.length === 0) return { lines };
  const told = `still half configured: ${left.join(', ')} (${failures.join('; ')}). Next: sudo dpkg --configure -a`;
  await effects.perform(`# ${told}`, async () => {}, undefined);
  return { lines: [...lines, told] };
};

async function installedNow(
  upgrades: readonly PackageUpgrade[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const now = await installedVersions(
    upgrades.map(({ name }) => name),
    { timeoutMs: PLAN_TIMEOUT_MS, signal },
  );
  const reboot = await rebootRequired();
  const deferred = await deferredRestarts();
  return [
    ...upgrades.map(({ name, from }) => `${name}: ${from ?? 'new'} → ${now[name] ?? 'not installed'}`),
    ...(deferred.length > 0 ? [`put off until FDTS stops: the restart of ${deferred.join(', ')}`] : []),
    ...(reboot.required
      ? [`the host asks for a reboot, for ${reboot.packages.join(', ') || 'its packages'}: not done`]
      : []),
  ];
}

/** Restarts what the upgrade put off: Docker, then the worker itself. FDTS is stopped meanwhile. Safe to repeat. */
const restartDeferred: Mutation<Record<string, never>, { readonly restarted: readonly string[] }> = async ({
  effects,
  stamp,
  signal,
}) => {
  const units = await deferredRestarts();
  if (units.length > 0) {
    await effects.perform(
      `systemctl restart ${units.join(' ')}`,
      () =>
        restartWhatWasPutOff(
          { run: runName(stamp), step: 'restart-deferred' },
          { timeoutMs: APT_TIMEOUT_MS, signal },
        ),
      undefined,
    );
  }
  return { restarted: units };
};

/** Finishes what an interrupted installation left half done. Safe to repeat. */
const repairPackageState: Mutation<Record<string, never>, null> = async ({ effects, stamp, signal }) => {
  await effects.perform(
    'dpkg --configure -a',
    () => repairPackages({ run: runName(stamp), step: 'dpkg-repair' }, { timeoutMs: APT_TIMEOUT_MS, signal }),
    undefined,
  );
  return null;
};

function exactly({ name, to }: PackageUpgrade): string {
  return `${name}=${to}`;
}
