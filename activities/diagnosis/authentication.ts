import { randomBytes } from 'node:crypto';
import type { SecretsLook } from '../../workflows/contracts/authentication.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { type InspectedSecret, markOf } from '../adapters/env-file/inspect-secrets.ts';
import { logFingerprint } from '../adapters/logs/log-fingerprint.ts';
import { readLogLine } from '../adapters/logs/log-line.ts';
import type { Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { ANSWERS } from '../survey/answers.ts';

const OF_SIGNING_IN = /auth|jwt|login|token|unauthorized/i;
const MOST_KINDS = 1000;

/** Why users cannot sign in: secrets, users, logs. */
export function authenticationReads({
  config,
  docker,
  data,
  asRoot,
}: Pick<Host, 'config' | 'docker' | 'data' | 'asRoot'>) {
  const { envFile } = config.project;
  const keys = config.incident.secrets;

  /** Whether the secrets are set and hard to guess, and whether the app runs with them. No value is read out. */
  const lookAtSecrets: Read<Record<string, never>, SecretsLook> = async ({ signal }) => {
    if (envFile === null)
      return {
        missing: [],
        stale: [],
        checks: [{ ...OF_SECRETS, status: 'skipped', got: 'project.envFile is null' }],
      };
    const probe = randomBytes(32).toString('hex');
    const secrets = await asRoot.inspectSecrets({ envFile, keys, probe }, { signal });
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.app,
    );
    const running = container === undefined ? null : await docker.containerEnvironment(container.id);
    const differences =
      running === null ? [] : secrets.flatMap((secret) => difference(secret, running, probe));
    return {
      missing: secrets.filter(({ isMissing }) => isMissing).map(({ key }) => key),
      stale: differences.map(({ key }) => key),
      checks: [
        ...secrets.map(
          ({ key, problem }): CheckResult => ({
            name: `secret ${key}`,
            status: problem === null ? 'pass' : 'fail',
            expected: 'set, long and random',
            got: problem ?? 'as expected',
            answer: `give it a random value of its own in ${envFile}: openssl rand -hex 48; everybody signs in again then`,
          }),
        ),
        running === null
          ? {
              ...OF_APP,
              status: 'not proven',
              got: 'the app has no container',
              answer: ANSWERS.applicationDown,
            }
          : {
              ...OF_APP,
              status: differences.length === 0 ? 'pass' : 'fail',
              got: differences.length === 0 ? 'the same' : differences.map(({ told }) => told).join('; '),
              answer: 'make its container anew: a restart alone does not read the env file again',
            },
      ],
    };
  };

  /** Whether there are users at all. */
  const lookAtUsers: Read<Record<string, never>, { readonly checks: readonly CheckResult[] }> = async ({
    signal,
  }) => {
    const { tables } = await data.inspectDatabase(
      { database: config.data.database, full: false },
      { signal },
    );
    const users = tables['users'];
    return {
      checks: [
        {
          name: 'there are users in the database',
          status: users === undefined ? 'skipped' : users > 0 ? 'pass' : 'fail',
          expected: 'more than 0',
          got: users === undefined ? 'no table is called users' : String(users),
          answer: ANSWERS.databaseCorruption,
        },
      ],
    };
  };

  /** What the app logged of signing in, as counts and kinds; never a line. */
  const lookAtSignIns: Read<{ readonly hours: number }, { readonly lines: readonly string[] }> = async (
    _context,
    { hours },
  ) => {
    const container = (await docker.projectContainers(config.project.name)).find(
      ({ service }) => service === config.services.app,
    );
    if (container === undefined) return { lines: [] };
    const since = new Date(Date.now() - hours * 3_600_000).toISOString();
    const kinds = new Map<string, number>();
    for await (const line of docker.logsSince(container.id, since)) {
      if (!OF_SIGNING_IN.test(line)) continue;
      const entry = readLogLine(line);
      const kind = `${entry?.level ?? 'unknown'}: ${logFingerprint(entry?.message ?? '')}`;
      if (kinds.has(kind) || kinds.size < MOST_KINDS) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    const most = [...kinds].sort(([, a], [, b]) => b - a).slice(0, 10);
    return { lines: most.map(([kind, count]) => `${count} × ${kind}`) };
  };

  return { lookAtSecrets, lookAtUsers, lookAtSignIns };
}

/** How a secret of the env file differs from what the container was made with; nothing when it does not. */
function difference(
  { key, mark, isMissing }: InspectedSecret,
  running: Readonly<Record<string, string>>,
  probe: string,
): { readonly key: string; readonly told: string }[] {
  const value = running[key];
  if (value === undefined) return isMissing ? [] : [{ key, told: `${key} is not in its container` }];
  return markOf(value, probe) === mark ? [] : [{ key, told: `another value of ${key}` }];
}

const OF_APP = {
  name: 'the app runs with the secrets of the env file',
  expected: 'the same values',
} as const;
const OF_SECRETS = { name: 'the secrets of the app', expected: 'set, long and random' } as const;
