import type { Readable } from 'node:stream';
import { execa } from 'execa';

/**
 * Unpacks a tree into a folder of a host, made when missing: a local folder (its links followed, owned by root there) or a
 * tar stream (owners as in the stream).
 */
export async function copyTreeIn(host: string, source: string | Readable, path: string): Promise<void> {
  await execa('docker', ['exec', host, 'mkdir', '-p', path]);
  const unpack = ['exec', '--interactive', host, 'tar', '-C', path, '-x'];
  if (typeof source !== 'string') {
    await execa('docker', unpack, { input: source });
    return;
  }
  const pack = ['-C', source, '--owner=0', '--group=0', '-ch', '.'];
  await execa('tar', pack, { encoding: 'buffer', buffer: false }).pipe('docker', unpack);
}
