import { isIP } from 'node:net';
import type { Finding } from '../explain-issue.ts';
import type { ParsedHost } from '../host-schema.ts';
import type { Partly } from '../parse-partly.ts';

const SECRET_HEADER = /^(authorization|proxy-authorization|cookie|x-api-key|x-auth-token)$/i;
const PRIVATE_ADDRESS = /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Rules about the requests of the smoke checks: no inline secret, no password over an open network, a proxy that is one. */
export function requestRules(host: Partly<ParsedHost>): Finding[] {
  return [
    ...loginSecret(host),
    ...inlineSecrets(host),
    ...cookieProvesNothing(host),
    ...openNetwork(host),
    ...proxyIsApart(host),
  ];
}

function loginSecret(host: Partly<ParsedHost>): Finding[] {
  const login = host.checks?.login;
  if (login === null || login === undefined) return [];
  const given = [login.passwordFile, login.passwordEnv].filter((value) => value !== undefined).length;
  if (given === 1) return [];
  const got = given === 0 ? 'neither passwordFile nor passwordEnv' : 'both passwordFile and passwordEnv';
  return [{ keys: ['checks', 'login'], got, expected: 'exactly one of them' }];
}

function inlineSecrets(host: Partly<ParsedHost>): Finding[] {
  const { body, headers } = host.checks?.login ?? {};
  const secretHeaders = Object.keys(headers ?? {}).filter((name) => SECRET_HEADER.test(name));
  const findings: Finding[] = secretHeaders.map((name) => ({
    keys: ['checks', 'login', 'headers', name],
    got: 'a header that carries a secret',
    expected: 'no secret in this file; only the password is sent, as {password} in the body',
  }));
  if (body === undefined) return findings;
  const keys = ['checks', 'login', 'body'];
  const expected = 'the placeholder {password}, with the password itself in passwordFile or passwordEnv';
  const inline = Object.keys(body).filter(
    (name) => /pass|secret|token/i.test(name) && body[name] !== '{password}',
  );
  findings.push(
    ...inline.map((name) => ({ keys: [...keys, name], got: 'a password (not shown)', expected })),
  );
  const hasPlaceholder = Object.values(body).some((value) => value?.includes('{password}'));
  if (!hasPlaceholder && inline.length === 0) findings.push({ keys, got: 'no {password} in it', expected });
  return findings;
}

/** Apps give a cookie to whoever was refused, too: only a request that needs the session shows which it is. */
function cookieProvesNothing({ checks }: Partly<ParsedHost>): Finding[] {
  const { tokenCookie } = checks?.login ?? {};
  if (!tokenCookie || checks?.upload !== null) return [];
  const expected =
    'null, or checks.upload as well: only a request with the cookie proves that the login worked';
  return [{ keys: ['checks', 'login', 'tokenCookie'], got: JSON.stringify(tokenCookie), expected }];
}

function openNetwork(host: Partly<ParsedHost>): Finding[] {
  const { login, upload } = host.checks ?? {};
  const addresses: readonly (readonly [string, string, string | null | undefined])[] = [
    ['login', 'url', login?.url],
    ['upload', 'url', upload?.url],
    ['upload', 'downloadUrl', upload?.downloadUrl],
    ['upload', 'deleteUrl', upload?.deleteUrl],
  ];
  return addresses.flatMap(([group, key, text]) => {
    if (!text || !isOpen(new URL(text))) return [];
    const expected =
      'an address of this host (127.0.0.1) or https: the password or token would be readable on the network';
    return [{ keys: ['checks', group, key], got: JSON.stringify(text), expected }];
  });
}

function isOpen({ protocol, hostname }: URL): boolean {
  if (protocol !== 'http:' || hostname === 'localhost' || hostname === '[::1]') return false;
  return isIP(hostname) !== 4 || !PRIVATE_ADDRESS.test(hostname);
}

function proxyIsApart(host: Partly<ParsedHost>): Finding[] {
  const { healthUrl, proxyUrl } = host.checks ?? {};
  if (host.services?.proxy === null) return [];
  if (healthUrl === undefined || proxyUrl === undefined) return [];
  if (new URL(healthUrl).origin !== new URL(proxyUrl).origin) return [];
  const expected =
    'an address of the reverse proxy (another port than that of healthUrl), or it proves nothing about it';
  return [{ keys: ['checks', 'proxyUrl'], got: JSON.stringify(proxyUrl), expected }];
}
