import { runCommand } from '../command/run-command.ts';

/** The files of a systemd unit: its own and its drop-ins; none when systemd does not know it or does not run here. */
export async function unitFiles(unit: string, signal?: AbortSignal): Promise<readonly string[]> {
  const argv = ['systemctl', 'show', '--property=FragmentPath,DropInPaths', '--', unit] as const;
  const answer = await runCommand({ argv }, { timeoutMs: 15_000, signal }).catch(() => null);
  const lines = (answer?.stdout ?? '').split('\n');
  return lines
    .flatMap((line) => (line.split('=')[1] ?? '').split(' '))
    .filter((file) => file.startsWith('/'));
}
