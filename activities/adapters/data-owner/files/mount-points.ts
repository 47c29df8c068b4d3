import { readFile } from 'node:fs/promises';

/** The mount points at a path and below it: none of them can be renamed. Bind mounts of the same disk count too. */
export async function mountPointsIn(path: string): Promise<string[]> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).trimEnd().split('\n');
  return mounts
    .map((line) => unescape(line.split(' ')[4] ?? ''))
    .filter((point) => point === path || point.startsWith(`${path}/`));
}

/** The kernel writes a space, tab, newline and backslash in octal. */
export function unescape(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
