import { scryptSync, timingSafeEqual } from 'node:crypto';

/** Whether the password gives the stored hash, `scrypt$N$salt$hash` with salt and hash in hex. */
export function passwordMatches(password, stored) {
  const [scheme, cost, salt, expected] = stored.split('$');
  if (scheme !== 'scrypt' || !expected) return false;
  const wanted = Buffer.from(expected, 'hex');
  return timingSafeEqual(
    scryptSync(password, Buffer.from(salt, 'hex'), wanted.length, { N: Number(cost) }),
    wanted,
  );
}
