import { createHmac, timingSafeEqual } from 'node:crypto';

/** A JWT (HS256) for a user, valid for `seconds`. */
export function signToken(userId, secret, seconds) {
  const now = Math.floor(Date.now() / 1000);
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: String(userId), iat: now, exp: now + seconds })}`;
  return `${body}.${signature(body, secret)}`;
}

/** The user id of a valid token, or undefined. */
export function verifyToken(token, secret) {
  const [header, payload, given] = token.split('.');
  if (!given) return undefined;
  const wanted = Buffer.from(signature(`${header}.${payload}`, secret));
  const actual = Buffer.from(given);
  if (wanted.length !== actual.length || !timingSafeEqual(wanted, actual)) return undefined;
  const { sub, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return exp > Date.now() / 1000 ? Number(sub) : undefined;
}

const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const signature = (body, secret) => createHmac('sha256', secret).update(body).digest('base64url');
