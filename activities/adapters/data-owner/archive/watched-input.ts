interface Chunk {
  at: number;
  bytes: Buffer;
}

/**
 * The input of a decompressor, which takes more than it needs and throws away what follows its end. What it has not
 * used yet is kept here, so that the rest can be looked at: Node's gunzip overlooks what follows a zero byte.
 */
export class WatchedInput {
  readonly #source: AsyncIterator<Buffer>;
  #taken = 0;
  #unused: Chunk[] = [];
  #pulling: Promise<Buffer | undefined> = Promise.resolve(undefined);
  /** The first chunk, by which the kind of file is told; undefined when there was none. */
  start: Buffer | undefined;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Everything in order; `used` tells how many bytes the decompressor has done with. */
  async *read(used: () => number): AsyncGenerator<Buffer> {
    for (let chunk = await this.#pull(); chunk !== undefined; chunk = await this.#pull()) {
      this.#unused = this.#unused.filter(({ at, bytes }) => at + bytes.length > used());
      yield chunk;
    }
  }

  /** Reads to the end; whether there is nothing but zeros from `offset` on. */
  async isZeroFrom(offset: number): Promise<boolean> {
    await this.#pulling;
    let isZero = true;
    do {
      const rest = this.#unused.map(({ at, bytes }) => bytes.subarray(Math.max(0, offset - at)));
      isZero &&= rest.every((bytes) => bytes.every((byte) => byte === 0));
      this.#unused = [];
    } while ((await this.#pull()) !== undefined);
    return isZero;
  }

  async #pull(): Promise<Buffer | undefined> {
    this.#pulling = this.#next();
    return this.#pulling;
  }

  async #next(): Promise<Buffer | undefined> {
    const next = await this.#source.next();
    if (next.done === true) return undefined;
    const bytes = next.value;
    if (bytes.length > 0) this.start ??= bytes;
    this.#unused.push({ at: this.#taken, bytes });
    this.#taken += bytes.length;
    return bytes;
  }
}
