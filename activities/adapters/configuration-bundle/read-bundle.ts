import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { exists } from '../data-owner/files/durable-file.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { brokenBundle, noBundle } from './bundle-errors.ts';
import { sha256 } from './bundle-inventory.ts';
import { type OpeningKey, openBundle } from './bundle-key.ts';
import { readBundleManifest } from './bundle-manifest.ts';
import { type CheckedBundle, checkBundle } from './check-bundle.ts';
import { listBundles } from './list-bundles.ts';

/** A bundle is read into memory; what is larger than this was not made by fdts-ops. */
const MOST_BYTES = 512 * 1024 * 1024;

/** Decrypts a bundle in memory and compares it with its manifest, when that is there, and with its own inventory. */
export async function readBundle(
  bundle: string,
  key: OpeningKey,
): Promise<CheckedBundle & { sha256: string }> {
  const cipher = await readSmall(bundle);
  const hash = sha256(cipher);
  const manifest = await readBundleManifest(bundle);
  if (manifest !== undefined && manifest.sha256 !== hash) {
    throw brokenBundle(bundle, 'its hash is not the one in its manifest');
  }
  return { ...(await checkBundle(bundle, await openBundle(key, bundle, cipher))), sha256: hash };
}

async function readSmall(bundle: string): Promise<Buffer> {
  try {
    if (!(await exists(bundle))) throw noBundle(bundle, await othersThere(bundle));
    const { size } = await stat(bundle);
    if (size > MOST_BYTES) throw brokenBundle(bundle, `it has ${size} bytes, more than any bundle`);
    return await readFile(bundle);
  } catch (cause) {
    throw explainFailure('bundle', cause, bundle);
  }
}

/** Not every backup has a bundle beside it; an older one may do. */
async function othersThere(bundle: string): Promise<string[]> {
  const found = await listBundles(path.dirname(bundle)).catch(() => []);
  return found.map((other) => other.bundle);
}
