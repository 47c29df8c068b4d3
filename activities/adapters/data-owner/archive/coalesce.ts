/** Joins pieces until they have at least so many bytes, so that headers of a few bytes cost no call of their own. */
export async function* coalesce(source: AsyncIterable<Buffer>, leastBytes: number): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source) {
    pending.push(piece);
    bytes += piece.length;
    if (bytes < leastBytes) continue;
    yield pending.length === 1 ? piece : Buffer.concat(pending, bytes);
    pending = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(pending, bytes);
}
