/** Reads a stream of buffers in amounts that the reader chooses, as a tar reader needs. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next bytes, at most `most`; an empty buffer at the end. */
  async some(most: number): Promise<Buffer> {
    while (this.#pending.length === 0) {
      const next = await this.#source.next();
      if (next.done === true) return Buffer.alloc(0);
      this.#pending = next.value;
    }
    const piece = this.#pending.subarray(0, most);
    this.#pending = this.#pending.subarray(piece.length);
    return piece;
  }

  /** Exactly `count` bytes when they are here already: most headers are, and waiting for nothing takes its time. */
  atOnce(count: number): Buffer | undefined {
    if (this.#pending.length < count) return undefined;
    const piece = this.#pending.subarray(0, count);
    this.#pending = this.#pending.subarray(count);
    return piece;
  }

  /** Exactly `count` bytes, fewer only when the stream ends. For small counts: the result is one buffer. */
  async upTo(count: number): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let have = 0;
    while (have < count) {
      const piece = await this.some(count - have);
      if (piece.length === 0) break;
      pieces.push(piece);
      have += piece.length;
    }
    return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
  }
}
