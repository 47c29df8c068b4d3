/**
 * A short code for a plan: the same plan gives the same code, another plan another one. It tells versions of a plan
 * apart for a person who pastes it; it is no protection against somebody who makes two plans with one code
 * (64-bit FNV-1a; the workflow sandbox has no cryptographic hash).
 */
export function planCode(plan: unknown): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(JSON.stringify(plan))) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(36).toUpperCase().padStart(13, '0').slice(0, 8);
}
