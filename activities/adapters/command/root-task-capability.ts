import { access, constants } from 'node:fs/promises';
import { OperationError } from '../operation-error.ts';
import { readAsRoot, rootTaskProgram } from './root-task.ts';
import { tryCommand } from './run-command.ts';

/** Whether this host lets the worker do privileged work; the reason and what to do when it does not. */
export const rootTaskCapability = async (signal?: AbortSignal): Promise<RootTaskCapability> => {
  if (!(await isThere('/run/systemd/system', constants.F_OK)))
    return missing('systemd does not run this host', ownSystemd);
  if (!(await isThere(rootTaskProgram, constants.X_OK)))
    return missing(`${rootTaskProgram} is not installed`, install);
  try {
    const { exitCode, stderr } = await tryCommand(readAsRoot('version'), { timeoutMs: 15_000, signal });
    if (exitCode === 0) return { available: true, reason: null, howToGet: null };
    return missing(`sudo refuses: ${stderr.trim().split('\n').at(-1) ?? ''}`, install);
  } catch (error) {
    const noSudo = error instanceof OperationError && error.code === 'COMMAND_NOT_FOUND';
    if (noSudo) return missing('sudo is not installed', 'apt-get install sudo');
    throw error;
  }
};

/** See `rootTaskCapability`. */
export type RootTaskCapability =
  | { readonly available: true; readonly reason: null; readonly howToGet: null }
  | { readonly available: false; readonly reason: string; readonly howToGet: string };

const install = 'Run packaging/install-host.sh as root on the host.';
const ownSystemd = 'Privileged work runs in units that outlive the worker: use a host with systemd.';

const missing = (reason: string, howToGet: string): RootTaskCapability => ({
  available: false,
  reason,
  howToGet,
});

const isThere = (path: string, mode: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
