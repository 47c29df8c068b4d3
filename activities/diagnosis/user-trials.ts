import type { CheckResult } from '../../workflows/contracts/calls.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, MutationContext } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from '../stack/images.ts';
import { ANSWERS } from '../survey/answers.ts';

type Trial = { readonly check: CheckResult };

/** Trying what users cannot do, through the proxy as they do: that it fails is the answer, and no failure of the step. */
export function trialMutations({ app, config }: Pick<Host, 'app' | 'config'>) {
  /** Logs in as the test user. Changes: what the app notes of a login. Safe to repeat. */
  const tryLogin: Mutation<Record<string, never>, Trial> = async (context) =>
    attempt(context, 'a user can log in', 'checks.login', async () => {
      const token = await app.asUsers().login({ signal: context.signal });
      return token === null ? null : 'a token';
    });

  /** Uploads, downloads and removes one small file. Changes: that file. Safe to repeat; a kill leaves it. */
  const tryUpload: Mutation<Record<string, never>, Trial> = async (context) =>
    attempt(context, 'a file can be uploaded and downloaded', 'checks.upload', async () => {
      const proof = await app
        .asUsers()
        .uploadAndDownload({ runId: runName(context.stamp), signal: context.signal });
      return proof === null
        ? null
        : `${proof.bytes} bytes, the same, in ${Math.round(proof.milliseconds)} ms`;
    });

  /** Both, one after the other, as an item of a checklist. Changes: as they do. */
  const tryLoginAndUpload: Mutation<
    Record<string, never>,
    { readonly checks: readonly CheckResult[] }
  > = async (context) => {
    const login = await tryLogin(context, {});
    const upload = await tryUpload(context, {});
    return { checks: [login.check, upload.check] };
  };

  async function attempt(
    { effects, signal }: MutationContext,
    name: string,
    key: string,
    make: () => Promise<string | null>,
  ): Promise<Trial> {
    const check = { name, expected: 'it works', answer: ANSWERS.applicationDown } as const;
    return effects.perform<Trial>(
      `fdts-ops: try whether ${name}, as configured under ${key}`,
      async () => {
        try {
          const got = await make();
          if (got !== null) return { check: { ...check, status: 'pass', got } };
          return { check: { ...check, status: 'not proven', got: `no ${key} is configured` } };
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof OperationError)) throw error;
          return { check: { ...check, status: 'fail', got: error.message } };
        }
      },
      { check: { ...check, status: 'skipped', got: `only in a real run, on ${config.host.name}` } },
    );
  }

  return { tryLogin, tryUpload, tryLoginAndUpload };
}
