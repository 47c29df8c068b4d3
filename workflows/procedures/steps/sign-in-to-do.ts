import type { SecretsLook } from '../../contracts/authentication.ts';

/** What only a person can do when users cannot sign in. */
export function signInToDo({ missing, stale }: SecretsLook): string[] {
  return [
    ...missing.map(
      (key) =>
        `set ${key} in the env file again: from the configuration bundle (fdts-ops bundle extract), or a new one (openssl rand -hex 48), with which everybody signs in again`,
    ),
    ...stale.map((key) => `${key}: see that the env file has the value that it should have`),
    'the user: right name and password? In the database: is the account there, and not locked?',
    "the user's browser: delete cookies and cache of the site, then sign in again",
    'the clock of the host and of the users: tokens expire by it (timedatectl)',
  ];
}
