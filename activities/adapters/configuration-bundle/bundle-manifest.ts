import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { manifestPathOf } from '../data-owner/archive/backup-manifest.ts';
import { errorCode } from '../error-code.ts';
import { brokenBundle } from './bundle-errors.ts';

const manifestSchema = z.object({
  format: z.literal(1),
  runId: z.string(),
  bundle: z.string(),
  createdAt: z.string(),
  bytes: z.number(),
  sha256: z.string(),
  /** Files and links. */
  files: z.number(),
  provenWith: z.enum(['the passphrase', 'the identity file', 'a one-time key']),
});

/** What lies beside a bundle in clear: enough to find and compare it, nothing of its content. */
export type BundleManifest = z.infer<typeof manifestSchema>;

/** The manifest beside a bundle; undefined when there is none. */
export async function readBundleManifest(bundle: string): Promise<BundleManifest | undefined> {
  const file = manifestPathOf(bundle);
  try {
    return manifestSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw brokenBundle(file, 'it is not the manifest of a bundle');
  }
}
