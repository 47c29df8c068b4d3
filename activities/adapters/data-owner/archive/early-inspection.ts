import type { ExtractedDatabase } from './check-extracted-database.ts';

/** The inspection of a database that begins when it is out of the archive, and ends early when the archive is broken. */
export class EarlyInspection {
  readonly #inspect: (bytes: number, signal: AbortSignal) => Promise<ExtractedDatabase>;
  readonly #stopping = new AbortController();
  #running: Promise<ExtractedDatabase> | undefined;

  constructor(inspect: (bytes: number, signal: AbortSignal) => Promise<ExtractedDatabase>) {
    this.#inspect = inspect;
  }

  start(bytes: number): void {
    this.#running = this.#inspect(bytes, this.#stopping.signal);
    this.#running.catch(() => undefined);
  }

  async result(): Promise<ExtractedDatabase> {
    if (this.#running === undefined) throw new Error('the inspection of the database was never started');
    return this.#running;
  }

  /** Resolves when nothing runs any more, so that the file may be removed. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running?.catch(() => undefined);
  }
}
