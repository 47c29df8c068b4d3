import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { extract } from 'tar-stream';

/** Every file in a tar on the disk, one JSON line each, with size, mode, time and sha256; links with their target. */
export async function* tarHashes(path: string, signal: AbortSignal): AsyncGenerator<string> {
  const reading = createReadStream(path, { highWaterMark: 1 << 20, signal });
  const entries = extract();
  reading.on('error', (error) => entries.destroy(error));
  reading.pipe(entries);
  for await (const entry of entries) {
    const { name, type, size, mode, uid, gid, mtime, linkname } = entry.header;
    const hash = createHash('sha256');
    for await (const chunk of entry) if (chunk instanceof Uint8Array) hash.update(chunk);
    const facts = { path: name, type, uid, gid, mode: mode.toString(8), modified: mtime?.toISOString() };
    const content = type === 'file' ? { bytes: size, sha256: hash.digest('hex') } : { target: linkname };
    yield `${JSON.stringify({ ...facts, ...content })}\n`;
  }
}
