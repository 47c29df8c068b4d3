import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { type BundleManifest, readBundleManifest } from './bundle-manifest.ts';

/** A bundle found in a folder. */
export interface FoundBundle {
  bundle: string;
  bytes: number;
  /** null: none beside it, or one that cannot be read. */
  manifest: BundleManifest | null;
}

/** The bundles in a folder, newest first by the time in the name; `.part` files and others are left out. */
export async function listBundles(folder: string): Promise<FoundBundle[]> {
  try {
    const names = (await readdir(folder)).filter((name) => /^fdts_config_\d{8}_\d{6}\.tar\.age$/.test(name));
    return await Promise.all(
      names
        .sort()
        .reverse()
        .map((name) => find(join(folder, name))),
    );
  } catch (cause) {
    throw explainFailure('bundle list', cause, folder);
  }
}

async function find(bundle: string): Promise<FoundBundle> {
  const manifest = await readBundleManifest(bundle).catch(() => undefined);
  return { bundle, bytes: (await lstat(bundle)).size, manifest: manifest ?? null };
}
