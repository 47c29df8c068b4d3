import path from 'node:path';
import { toMilliseconds } from '../../config/duration.ts';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { IncidentRecord, RenewedSecrets } from '../../workflows/contracts/incident.ts';
import { askSignedIn } from '../adapters/app/ask-signed-in.ts';
import { incidentRecord } from '../adapters/incident-record.ts';
import { keptToken } from '../adapters/kept-token.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { KEPT_ENV_FILE } from './evidence-of-files.ts';
import { folderOf } from './gather-evidence.ts';

type Checks = { readonly checks: readonly CheckResult[] };

const REFUSED = 'a token issued before the renewal is refused';

/** Renewing the secrets of the app, and proving that the old ones are worth nothing. */
export function secretMutations(host: Host) {
  const { config, app, asRoot } = host;
  const { signedInUrl, secrets: keys } = config.incident;
  const { envFile } = config.project;
  const record = incidentRecord(config.state.folder);
  const ask = (headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<number> =>
    askSignedIn(signedInUrl ?? '', headers, { timeoutMs: toMilliseconds(config.checks.timeout), signal });

  /**
   * Signs the test user in while the old secrets count, on an inner port. Changes: a file with that token, 0600, which
   * `proveSecrets` removes. Safe to repeat: then a newer token counts. An app that is down gives none, which is no failure.
   */
  const issueOldToken: Mutation<Record<string, never>, Checks> = async ({ effects, stamp, signal }) =>
    effects.perform(
      'fdts-ops: log in as the test user, and keep the token on this host to prove later that it is refused',
      async (): Promise<Checks> => {
        const token = keptToken(config.state.folder, stamp);
        await token.forget();
        if (signedInUrl === null) return { checks: [] };
        try {
          const headers = (await app.login({ signal }))?.headers();
          if (headers === undefined) return { checks: [] };
          const status = await ask(headers, signal);
          if (status >= 200 && status <= 299) await token.keep(headers);
          return { checks: [] };
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof OperationError)) throw error;
          return { checks: [{ ...NOT_PROVEN, got: `no token could be had before: ${error.message}` }] };
        }
      },
      { checks: [] },
    );

  /**
   * Gives the configured keys of the env file new random values that never leave this host. Changes: those lines, nothing
   * else; the file as it was lies in the evidence (0600). Safe to repeat: what was renewed is not renewed again. A failure
   * leaves the old file or the new one.
   */
  const rotateSecrets: Mutation<Record<string, never>, RenewedSecrets> = async ({
    effects,
    stamp,
    signal,
  }) => {
    if (envFile === null) throw noEnvFile();
    const kept = path.join(folderOf(config, stamp), KEPT_ENV_FILE);
    return effects.perform(
      `fdts-ops: new random values for ${keys.join(', ')} in ${envFile}; the file as it was is ${kept}`,
      async () => {
        const renewed = await asRoot.rotateSecrets({ envFile, kept, keys }, { signal });
        const { secrets } = (await record.read()) ?? { secrets: null };
        const at = renewed.changed || secrets === null ? new Date().toISOString() : secrets.at;
        const told = {
          at,
          file: envFile,
          keys: renewed.keys,
          missing: renewed.missing,
          leftToDo: renewed.leftToDo,
        };
        await record.add({ secrets: told, provenAt: null });
        return told;
      },
      { at: 'known only at run time', file: envFile, keys, missing: [], leftToDo: [] },
    );
  };

  /**
   * Proves on an inner port that the token of before is refused and that a new login works. Changes: the kept token is
   * removed, the record says that it is proven. Safe to repeat: without the token the run goes by what it has recorded.
   */
  const proveSecrets: Mutation<Record<string, never>, Checks> = async ({ effects, stamp, signal }) =>
    effects.perform(
      `fdts-ops: GET ${signedInUrl ?? 'an address for people who are signed in'} with the token of before, then with a new one`,
      async () => {
        const token = keptToken(config.state.folder, stamp);
        const old = await token.read();
        const before = old === null ? provenBefore(await record.read(), stamp) : null;
        const refusal =
          signedInUrl === null
            ? NO_URL
            : old === null
              ? judgeRecord(before)
              : judgeOld(await ask(old, signal));
        const login = await newLogin(signal);
        const checks = [refusal, login];
        const isProven = checks.every(({ status }) => status === 'pass');
        // Without the token it could never be proven again: a login that fails now does not take back what was.
        const provenAt = before ?? (isProven ? new Date().toISOString() : null);
        await record.add({ provenAt, provenIn: stamp });
        if (isProven) await token.forget();
        return { checks };
      },
      { checks: [] },
    );

  async function newLogin(signal: AbortSignal): Promise<CheckResult> {
    const check = { name: 'a new login works', expected: 'a token that counts' };
    const headers = (await app.login({ signal }))?.headers();
    if (headers === undefined)
      return { ...check, status: 'not proven', got: 'no checks.login is configured' };
    if (signedInUrl === null) return { ...check, status: 'pass', got: 'a token' };
    const status = await ask(headers, signal);
    return { ...check, status: status >= 200 && status <= 299 ? 'pass' : 'fail', got: `answered ${status}` };
  }

  return { issueOldToken, rotateSecrets, proveSecrets };
}

function judgeOld(status: number): CheckResult {
  const isRefused = status === 401 || status === 403;
  const isAccepted = status >= 200 && status <= 299;
  return {
    name: REFUSED,
    status: isRefused ? 'pass' : isAccepted ? 'fail' : 'not proven',
    expected: '401 or 403',
    got: String(status),
    ...(isAccepted
      ? {
          answer:
            'the app does not read the renewed keys: see how it gets its secrets before anybody is let in',
        }
      : {}),
  };
}

const NOT_PROVEN = {
  name: REFUSED,
  status: 'not proven',
  expected: '401 or 403',
  answer: 'try an old token by hand before users are let in',
} as const;

/** When an attempt of the same run has proven it: it may have been cut off once it had removed the token. */
function provenBefore(known: IncidentRecord | null, stamp: string): string | null {
  return known?.provenIn === stamp ? known.provenAt : null;
}

function judgeRecord(provenAt: string | null): CheckResult {
  if (provenAt === null) return NO_TOKEN;
  return { name: REFUSED, status: 'pass', expected: '401 or 403', got: `refused at ${provenAt}` };
}

const NO_URL: CheckResult = { ...NOT_PROVEN, got: 'incident.signedInUrl is not configured' };
const NO_TOKEN: CheckResult = { ...NOT_PROVEN, got: 'no token was issued before that counted' };

function noEnvFile(): OperationError {
  return new OperationError({
    code: 'NO_ENV_FILE',
    operation: 'rotateSecrets',
    target: 'project.envFile',
    cause: 'the configuration names no env file',
    hint: 'Renew the secrets of the app by hand, then answer skip.',
    retryable: false,
  });
}
