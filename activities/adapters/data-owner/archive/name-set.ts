import { createHash, randomBytes } from 'node:crypto';

/** What has a name in an archive. */
export type NamedKind = 'file' | 'folder';

/**
 * The names of an archive and their kinds in 8 bytes each, however long they are: a file made of millions of names must
 * not fill the memory. Kept is a hash with a salt of this process, so that nobody can choose names that collide; by
 * chance, two of a million names do once in 20 million archives, which is then refused.
 */
export class NameSet {
  readonly #salt = randomBytes(16);
  #slots = new BigUint64Array(1 << 12);
  #count = 0;

  kindOf(name: string): NamedKind | undefined {
    const slot = this.#slots[this.#find(this.#slots, this.#keyOf(name))] ?? 0n;
    if (slot === 0n) return undefined;
    return (slot & 1n) === 1n ? 'folder' : 'file';
  }

  add(name: string, kind: NamedKind): void {
    if (2 * this.#count > this.#slots.length) this.#grow();
    const key = this.#keyOf(name);
    const at = this.#find(this.#slots, key);
    if (this.#slots[at] === 0n) this.#count += 1;
    this.#slots[at] = key | (kind === 'folder' ? 1n : 0n);
  }

  /** The lowest bit is the kind's; the one above it is set, so that no key is the 0 of an empty slot. */
  #keyOf(name: string): bigint {
    const hash = createHash('sha1').update(this.#salt).update(name, 'latin1').digest();
    return (hash.readBigUInt64LE() & ~1n) | 2n;
  }

  #find(slots: BigUint64Array, key: bigint): number {
    let at = Number(key >> 32n) % slots.length;
    for (let slot = slots[at]; slot !== 0n && ((slot ?? 0n) & ~1n) !== key; slot = slots[at])
      at = (at + 1) % slots.length;
    return at;
  }

  #grow(): void {
    const larger = new BigUint64Array(2 * this.#slots.length);
    for (const slot of this.#slots) if (slot !== 0n) larger[this.#find(larger, slot & ~1n)] = slot;
    this.#slots = larger;
  }
}
