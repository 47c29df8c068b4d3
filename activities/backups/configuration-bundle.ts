import path from 'node:path';
import type { CheckResult } from '../../workflows/contracts/calls.ts';
import type { BundleMade, BundleSurvey } from '../../workflows/contracts/configuration-bundle.ts';
import { shellQuote } from '../../workflows/contracts/shell-quote.ts';
import { bundleBeside } from '../adapters/configuration-bundle/bundle-beside.ts';
import type { CollectPlan, PlannedBundle } from '../adapters/configuration-bundle/plan-bundle.ts';
import { OperationError } from '../adapters/operation-error.ts';
import type { Mutation, Read } from '../execution/mutation.ts';
import type { Host } from '../host.ts';
import { bundleContents, bundleFacts, bundleKeyOf, isBundleConfigured } from './bundle-contents.ts';

/** Making the encrypted bundle of the configuration. */
export function bundleMutations(host: Host) {
  const { config, bundles, data } = host;
  const { folder, external } = config.backups;

  /**
   * Encrypts the configuration into a bundle beside an archive of this run, proves it by decrypting it, and copies it to
   * external storage. Changes: `fdts_config_<time of the archive>.tar.age` and its manifest in both places. Repeating it
   * finds the finished bundle of the same run; a kill leaves a `.part` file, encrypted, that the next attempt replaces.
   * Its secrets never leave the child process that reads them.
   */
  const bundleConfiguration: Mutation<{ readonly archive?: string }, BundleMade> = async (
    context,
    // A run that began on an earlier version names no archive: its bundle has the name of the run.
    { archive = path.join(folder, `fdts_backup_${context.stamp}.tar.gz`) },
  ) => {
    const { effects, stamp, signal, progress } = context;
    const bundle = bundleBeside(archive);
    const contents = await bundleContents(host, signal);
    const facts = await bundleFacts(host, signal);
    const key = bundleKeyOf(config);
    const made = await effects.perform(
      asCommand(contents, key.recipients, bundle),
      () =>
        bundles.makeBundle(
          { ...contents, bundle, runId: stamp, key, facts, owner: config.data.owner },
          { signal },
        ),
      null,
    );
    const copy = external === null ? null : path.join(external, path.basename(bundle));
    if (copy !== null)
      await effects.perform(
        `cp ${shellQuote(bundle)} ${shellQuote(`${bundle}.manifest.json`)} ${shellQuote(path.dirname(copy))}/    # and compared by hash`,
        () =>
          data.copyVerified({ from: bundle, to: copy, withManifest: true }, { signal, onProgress: progress }),
        null,
      );
    if (made === null) return { ...NOT_MADE_YET, bundle, copy };
    return { ...made, leftOut: firstLines(made.leftOut.map(outLine)), copy };
  };

  return { bundleConfiguration };
}

/** What a bundle would hold. */
export function bundleReads(host: Host) {
  const { config, bundles } = host;

  /** Reads everything that a bundle would take, as one is made, and keeps nothing of it. */
  const surveyBundle: Read<Record<string, never>, BundleSurvey> = async ({ signal }) => {
    if (!isBundleConfigured(config)) return { ready: false, checks: [NOT_CONFIGURED], lines: [] };
    try {
      const contents = await bundleContents(host, signal);
      const planned = await bundles.planBundle({ ...contents, key: bundleKeyOf(config) }, { signal });
      return { ready: planned.missing.length === 0, checks: [readable(planned)], lines: linesOf(planned) };
    } catch (error) {
      // A backup of the data is worth making without its bundle.
      if (!(error instanceof OperationError) || error.retryable) throw error;
      return { ready: false, checks: [{ ...failed(error.message), answer: error.hint }], lines: [] };
    }
  };

  return { surveyBundle };
}

const MOST_LINES = 20;

function linesOf({ files, bytes, taken, leftOut }: PlannedBundle): string[] {
  const outs = leftOut.map((out) => `not in it: ${outLine(out)}`);
  return [
    `${files} files, ${bytes} bytes, encrypted and proven by decrypting`,
    ...taken.map((from) => `${from.what}: ${from.path}${from.files === 1 ? '' : ` (${from.files} files)`}`),
    ...firstLines(outs),
  ];
}

/** A folder of thousands of odd files must not fill a history; the inventory in the bundle has them all. */
function firstLines(lines: readonly string[]): string[] {
  const rest = lines.length - MOST_LINES;
  return [
    ...lines.slice(0, MOST_LINES),
    ...(rest > 0 ? [`and ${rest} more, see inventory.json in the bundle`] : []),
  ];
}

function outLine({ path: what, why }: { readonly path: string; readonly why: string }): string {
  return `${what}: ${why}`;
}

function readable({ files, missing, askedInVain, unfollowed }: PlannedBundle): CheckResult {
  const absent = [...missing, ...askedInVain];
  if (absent.length > 0) return failed(absent.map(outLine).join('; '));
  if (unfollowed.length > 0)
    return {
      ...READABLE,
      status: 'not proven',
      got: `${files} files, but ${firstLines(unfollowed.map(outLine)).join('; ')}`,
      answer: 'name what they lead to in bundle.paths of this host, or mount the folder that has both',
    };
  return { ...READABLE, status: 'pass', got: `${files} files` };
}

function failed(got: string): CheckResult {
  return {
    ...READABLE,
    status: 'fail',
    got,
    answer: 'correct project and bundle in the configuration of this host',
  };
}

const READABLE = {
  name: 'the configuration can be bundled',
  expected: 'a key that works, and every file that the configuration names',
} as const;

/** What every backup and the doctor say while no bundle is configured. */
export const NOT_CONFIGURED: CheckResult = {
  name: 'a configuration bundle beside the backup',
  status: 'not proven',
  expected: 'bundle.recipients or a passphrase is configured',
  got: 'no configuration bundle: compose files, certificates and env file are in no backup',
  answer: 'fdts-ops bundle keygen, then put the recipient that it prints into bundle.recipients',
};

// In a dry run no bundle is made; these stand in for what only a real run can know.
const NOT_MADE_YET = { bytes: 0, sha256: 'known only at run time', files: 0, provenWith: '', leftOut: [] };

/** What a person would type for the same. */
function asCommand({ sources }: CollectPlan, recipients: readonly string[], bundle: string): string {
  const key = recipients.length === 0 ? '-p' : recipients.map((recipient) => `-r ${recipient}`).join(' ');
  return `tar -c ${sources.map((source) => source.path).join(' ')} | age ${key} -o ${bundle}    # and decrypted again to prove it`;
}
