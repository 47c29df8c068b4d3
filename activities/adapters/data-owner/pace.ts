import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** How much of the machine an operation takes: `gentle` leaves processor and disk to the app, `fast` competes with it. */
export type Pace = 'gentle' | 'fast';

/**
 * The command that runs at a pace. The lowest class that still gets its turn, not the idle one: on a busy disk that
 * would never end, with the database's log growing meanwhile. A process cannot do this to itself: priorities belong to
 * threads, and those that compress are there before its first line runs.
 */
export function atPace(pace: Pace, command: readonly string[], path: string): readonly string[] {
  if (pace === 'fast') return command;
  const lowIo = isInstalled('ionice', path) ? ['ionice', '-t', '-c', '2', '-n', '7'] : [];
  return ['nice', '-n', '10', ...lowIo, ...command];
}

function isInstalled(program: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
