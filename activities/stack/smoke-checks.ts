import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { AppClient } from '../adapters/app/app-client.ts';
import type { UploadProof } from '../adapters/app/upload-and-download.ts';
import type { Mutation } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { runName } from './images.ts';
import { serviceStart } from './service-start.ts';

/** What the smoke test found. */
export interface SmokeResult {
  readonly checks: readonly CheckResult[];
  readonly version: string | null;
}

/** Proving that the app works, from inside the host. */
export function smokeMutations(host: Host) {
  const { app, config } = host;
  const { startService, runsAsPlanned } = serviceStart(host);

  /**
   * Health, login, upload and download, as configured. Changes: one small test file, removed again. Safe to repeat; a
   * kill in the middle leaves that file, which a rollback moves aside. An app that a power failure ended is started first,
   * from the image that its tag names; with `startNothing` it is not.
   */
  const smokeTest: Mutation<{ readonly startNothing?: true }, SmokeResult> = async (
    context,
    { startNothing },
  ) => {
    const { effects, stamp, signal } = context;
    return effects.perform(
      'fdts-ops: health, login, upload and download, as configured under checks',
      async () => {
        if (startNothing !== true && !(await runsAsPlanned(config.services.app)))
          await startService(context, config.services.app);
        return askApp(app, { runId: runName(stamp), upload: true, signal });
      },
      { checks: [], version: 'known only at run time' },
    );
  };

  return { smokeTest };
}

/** Health, login and (when wanted) upload and download of one app, as named checks. */
export async function askApp(
  app: AppClient,
  { runId, upload, signal }: { runId: string; upload: boolean; signal: AbortSignal },
): Promise<SmokeResult> {
  const health = await app.checkHealth({ signal });
  const token = await app.login({ signal });
  const proof = upload ? await app.uploadAndDownload({ runId, signal }) : null;
  return {
    version: health.version,
    checks: [
      {
        name: 'the app is healthy',
        status: health.ok ? 'pass' : 'fail',
        expected: '2xx',
        got: health.problem ?? String(health.status),
      },
      {
        name: 'a user can log in',
        status: token === null ? 'skipped' : 'pass',
        expected: 'a token',
        got: token === null ? 'no checks.login is configured' : 'a token',
      },
      ...(upload ? [uploadCheck(proof)] : []),
    ],
  };
}

function uploadCheck(proof: UploadProof | null): CheckResult {
  return {
    name: 'a file can be uploaded and downloaded',
    status: proof === null ? 'skipped' : 'pass',
    expected: 'the same bytes',
    got:
      proof === null
        ? 'no checks.upload is configured'
        : `${proof.bytes} bytes, the same, in ${Math.round(proof.milliseconds)} ms`,
  };
}
