import { lstat, readdir } from 'node:fs/promises';
import { basename } from 'node:path';
import { bundleBeside } from '../../configuration-bundle/bundle-beside.ts';
import { listBundles } from '../../configuration-bundle/list-bundles.ts';

/**
 * The newest bundle of a folder (`beside`: of those beside these archives) that was proven by decrypting it and has the size
 * that it had then: it never goes.
 */
export async function newestProvenBundle(
  directory: string,
  beside?: readonly string[],
): Promise<string | undefined> {
  const bundles = await listBundles(directory);
  const eligible = beside && new Set(beside.map(bundleBeside));
  return bundles.find(
    ({ bundle, bytes, manifest }) => manifest?.bytes === bytes && eligible?.has(bundle) !== false,
  )?.bundle;
}

/** Bundles that outlived their archive as the newest, and are neither that any more nor as young as any archive. */
export async function outlivedBundles(directory: string, newest: string | undefined): Promise<string[]> {
  if (newest === undefined) return [];
  const stamps = (await readdir(directory)).flatMap(
    (name) => /^fdts_backup_(\d{8}_\d{6})\.tar\.gz$/.exec(name)?.[1] ?? [],
  );
  const oldest = stamps.sort()[0];
  if (oldest === undefined) return [];
  const bundles = await listBundles(directory);
  return bundles.map(({ bundle }) => bundle).filter((bundle) => bundle < newest && stampOf(bundle) < oldest);
}

/** A bundle and what lies beside it, of the files that are there. */
export async function filesOfBundle(bundle: string): Promise<string[]> {
  const paths = [bundle, `${bundle}.manifest.json`];
  const there = await Promise.all(
    paths.map((path) =>
      lstat(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => there[index]);
}

function stampOf(bundle: string): string {
  return basename(bundle).replace(/^fdts_config_(\d{8}_\d{6})\..*$/, '$1');
}
