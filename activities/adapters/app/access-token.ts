import { inspect } from 'node:util';

const REDACTED = '[redacted]';

/** A token of the test user. It prints as [redacted] everywhere; only a request header gets its value. Never return one from an activity. */
export class AccessToken {
  readonly #header: string;
  readonly #value: string;

  /** `value`: the whole text of the header, such as `Bearer …`. */
  constructor(header: string, value: string) {
    this.#header = header;
    this.#value = value;
  }

  /** The headers of a request made with this token. */
  headers(): Record<string, string> {
    return { [this.#header]: this.#value };
  }

  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}
