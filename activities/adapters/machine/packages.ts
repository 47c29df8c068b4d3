import { readFile } from 'node:fs/promises';
import type { Command } from '../command/command.ts';
import {
  type RootTaskStep,
  readAsRoot,
  rootTaskUnit,
  runRootRead,
  runRootTask,
  settleRootTask,
  waitRootTask,
} from '../command/root-task.ts';
import { type RunOptions, tryCommand } from '../command/run-command.ts';
import { exactPackage, type PackageUpgrade, readPackagePlan } from './package-plan.ts';

/** Fetches the package lists. Changes nothing that is installed; waits up to 5 minutes for another apt. */
export const refreshPackageLists = async (step: RootTaskStep, options: RunOptions): Promise<void> => {
  await runRootTask(step, 'apt-refresh', [], options);
};

/** What an upgrade would install now, from the lists as last fetched. Reads only. */
export const plannedUpgrades = async (options: RunOptions): Promise<readonly PackageUpgrade[]> => {
  return readPackagePlan(await runRootRead('apt-plan', [], { ...options, maxOutputBytes: 4 * 1024 * 1024 }));
};

/** What an upgrade of these installed packages alone, and of what they need, would install now. Reads only. */
export const plannedUpgradesOf = async (
  names: readonly string[],
  options: RunOptions,
): Promise<readonly PackageUpgrade[]> =>
  readPackagePlan(await runRootRead('apt-plan-of', names, { ...options, maxOutputBytes: 4 * 1024 * 1024 }));

/** The command behind `plannedUpgrades`. */
export const planCommand = (): Command => readAsRoot('apt-plan');

/** Downloads exactly these versions, so that the installation needs no network. Installs nothing. */
export const downloadUpgrades = async (
  step: RootTaskStep,
  upgrades: readonly PackageUpgrade[],
  options: RunOptions,
): Promise<void> => {
  if (upgrades.length === 0) return;
  await runRootTask(step, 'apt-download', upgrades.map(exactPackage), options);
};

/**
 * Installs exactly these versions and nothing else; refuses when apt would change anything more. Old conffiles are
 * kept, nothing is asked. Restarts of Docker and of the worker are put off: see `deferredRestarts`. May be repeated:
 * what is installed already is left alone, what was cut off is repaired first.
 */
export const installExactly = async (
  step: RootTaskStep,
  upgrades: readonly PackageUpgrade[],
  options: RunOptions,
): Promise<void> => {
  if (upgrades.length === 0) return;
  await runRootTask(step, 'apt-install', upgrades.map(exactPackage), options);
};

/** Waits until `installExactly` under the same step and versions has ended, however; at once when it never began. */
export const settleInstall = (
  step: RootTaskStep,
  upgrades: readonly PackageUpgrade[],
  options: RunOptions,
): Promise<void> => settleRootTask(installUnit(step, upgrades), options);

/** The command behind `settleInstall`. */
export const settleCommand = (step: RootTaskStep, upgrades: readonly PackageUpgrade[]): Command =>
  waitRootTask(installUnit(step, upgrades));

const installUnit = (step: RootTaskStep, upgrades: readonly PackageUpgrade[]): string =>
  rootTaskUnit(step, upgrades.map(exactPackage));

/** Finishes what an interrupted installation left half done. No effect when nothing is. */
export const repairPackages = async (step: RootTaskStep, options: RunOptions): Promise<void> => {
  await runRootTask(step, 'dpkg-repair', [], options);
};

/** Restarts what the upgrade put off; containers stop with the engine. The worker itself last: it may not see the end. */
export const restartDeferred = async (step: RootTaskStep, options: RunOptions): Promise<void> => {
  await runRootTask(step, 'restart-deferred', [], options);
};

/** The units whose restart an upgrade put off and that nobody has restarted since. */
export const deferredRestarts = async (
  file = '/var/lib/fdts-ops-root/deferred-restarts',
): Promise<readonly string[]> => {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.split('\n').filter((line) => line !== '');
};

/** Version by name of what is installed; a name that is not installed is missing from the answer. */
export const installedVersions = async (
  names: readonly string[],
  options: RunOptions,
): Promise<Readonly<Record<string, string>>> => {
  if (names.length === 0) return {};
  const format = '--showformat=${db:Status-Status}\\t${binary:Package}\\t${Package}\\t${Version}\\n';
  // Exit code 1 when one of the names is unknown; the others are printed all the same.
  const { stdout } = await tryCommand({ argv: ['dpkg-query', '--show', format, ...names] }, options);
  return readInstalledVersions(stdout, names);
};

/** Reads dpkg-query's lines: status, name with architecture, name, version. */
export const readInstalledVersions = (
  stdout: string,
  names: readonly string[],
): Readonly<Record<string, string>> => {
  const versions: Record<string, string> = {};
  for (const line of stdout.split('\n')) {
    const [status, qualified = '', plain = '', version = ''] = line.split('\t');
    if (status !== 'installed') continue;
    for (const name of [qualified, plain]) if (names.includes(name)) versions[name] ??= version;
  }
  return versions;
};

/** Packages that an installation left half done (what `dpkg --audit` says), empty when none. */
export const interruptedDpkg = async (options: RunOptions): Promise<readonly string[]> => {
  const plain = await tryCommand({ argv: ['dpkg', '--audit'] }, options);
  // Right after dpkg was cut off its notes are still to be merged, which it refuses to anybody but root.
  return readAudit(plain.exitCode === 0 ? plain.stdout : await runRootRead('dpkg-audit', [], options));
};

/** Reads `dpkg --audit`: explanations, and below each the packages, indented by one. */
export const readAudit = (stdout: string): readonly string[] =>
  [...stdout.matchAll(/^ (\S+)/gm)].flatMap(([, name]) => (name === undefined ? [] : [name]));

/** Whether the host asks for a reboot, and for which packages' sake. */
export const rebootRequired = async (folder = '/run'): Promise<RebootRequest> => {
  const required = await readFile(`${folder}/reboot-required`, 'utf8').then(
    () => true,
    () => false,
  );
  const packages = await readFile(`${folder}/reboot-required.pkgs`, 'utf8').catch(() => '');
  return { required, packages: [...new Set(packages.split('\n').filter((line) => line !== ''))] };
};

/** See `rebootRequired`. */
export type RebootRequest = { readonly required: boolean; readonly packages: readonly string[] };
