import type { SandboxHost } from '../../../sandbox/host.ts';
import { waitUntil } from '../../../sandbox/wait-until.ts';

const hold = `(echo 'BEGIN IMMEDIATE;'; exec sleep 600) | exec sqlite3 /opt/fdts/data/database.sqlite`;
const unit = 'forgotten-shell';

/** Somebody's forgotten shell keeps the write lock of the database; gives its end. */
export async function holdDatabaseLock(host: SandboxHost): Promise<() => Promise<void>> {
  await host.exec([
    'systemd-run',
    '--quiet',
    '--collect',
    `--unit=${unit}`,
    '--uid=10001',
    '--gid=10001',
    'bash',
    '-c',
    hold,
  ]);
  const isHeld = async () => {
    const { stdout } = await host.exec(['pgrep', '-x', 'sqlite3'], { check: false });
    const locks = await host.exec(
      ['grep', '-E', `WRITE (${stdout.split('\n').join('|') || 'none'}) .* 120 120`, '/proc/locks'],
      {
        check: false,
      },
    );
    return locks.exitCode === 0;
  };
  await waitUntil('the forgotten shell has the lock', isHeld, 20_000);
  return async () => void (await host.exec(['systemctl', 'stop', unit], { check: false }));
}
