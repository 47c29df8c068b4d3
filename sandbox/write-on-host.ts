import { execOnHost } from './host-container.ts';

/** Owner (`user:group`, default as written: root) and octal mode (default 644) of a file written on a host. */
export interface FileOwnership {
  readonly mode?: string;
  readonly owner?: string;
}

/** Writes a file on a host; it has its mode and owner before its name appears. */
export async function writeOnHost(
  host: string,
  path: string,
  content: string | Uint8Array,
  { mode = '644', owner = 'root:root' }: FileOwnership,
): Promise<void> {
  const part = `${path}.part`;
  const [user = 'root', group = user] = owner.split(':');
  await execOnHost(host, ['install', '--mode', mode, '--owner', user, '--group', group, '/dev/null', part]);
  await execOnHost(host, ['dd', `of=${part}`, 'status=none', 'conv=notrunc'], { input: content });
  await execOnHost(host, ['mv', '--no-target-directory', part, path]);
}
