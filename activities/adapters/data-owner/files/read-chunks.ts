import { createReadStream, type PathLike } from 'node:fs';

/** A file's content in chunks of up to 1 MiB. */
export async function* readChunks(path: PathLike, signal?: AbortSignal): AsyncGenerator<Buffer> {
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    const chunk: Buffer = piece;
    yield chunk;
  }
}
