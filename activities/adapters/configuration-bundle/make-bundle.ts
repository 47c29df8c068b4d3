import { lstat, open, readFile, rm } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { manifestPathOf } from '../data-owner/archive/backup-manifest.ts';
import type { OperationContext } from '../data-owner/child-messages.ts';
import { exists, publishNew, syncFolder, writeDurably } from '../data-owner/files/durable-file.ts';
import { explainFailure } from '../data-owner/files/explain-failure.ts';
import { withFolderLock } from '../data-owner/files/folder-lock.ts';
import { requireFreeSpace } from '../data-owner/files/require-free-space.ts';
import type { Owner } from '../data-owner/run-as-owner.ts';
import { OperationError } from '../operation-error.ts';
import { becomeOwner } from './become-owner.ts';
import { brokenBundle } from './bundle-errors.ts';
import { type BundleFacts, inventoryOf, sha256 } from './bundle-inventory.ts';
import { type BundleKey, bundleKey, type KeyConfig } from './bundle-key.ts';
import { type BundleManifest, readBundleManifest } from './bundle-manifest.ts';
import type { LeftOut } from './bundle-source.ts';
import { packBundle } from './bundle-tar.ts';
import { checkBundle } from './check-bundle.ts';
import { type CollectPlan, collectPlan } from './plan-bundle.ts';

/** What to put into the bundle, how to encrypt it and where to. */
export interface MakeBundleArgs extends CollectPlan {
  /** `…/fdts_config_YYYYMMDD_HHMMSS.tar.age`, with the time of the archive that it lies beside. */
  bundle: string;
  runId: string;
  key: KeyConfig;
  facts: BundleFacts;
  /** Whom the bundle belongs to. */
  owner: Owner;
}

/** A bundle that is there and was decrypted to prove it. */
export interface MadeBundle extends Pick<BundleManifest, 'bytes' | 'sha256' | 'files' | 'provenWith'> {
  bundle: string;
  /** Empty on a repeat that found the finished bundle. */
  leftOut: LeftOut[];
}

const operation = 'makeBundle';

/**
 * Reads the configuration (as root), becomes the owner of the backups, and writes it encrypted beside them. Nothing of it
 * is ever on the disk in clear. It gets its name only after the file on the disk was decrypted and each file's hash
 * compared. Repeating it for the same run finds the finished bundle; another file of that name is never overwritten. A
 * kill leaves a `.part` file, encrypted, that the repeat replaces.
 */
export async function makeBundle(args: MakeBundleArgs, context: OperationContext): Promise<MadeBundle> {
  const { bundle, owner, runId } = args;
  try {
    checkName(args);
    const key = await bundleKey(args.key);
    const collected = await collectPlan(args, context);
    becomeOwner(owner);
    if (collected.missing.length > 0) throw incomplete(bundle, collected.missing);
    const inventory = inventoryOf(collected, { ...args, createdAt: new Date().toISOString() });
    const plain = await packBundle(collected, inventory);
    return await withFolderLock(operation, dirname(bundle), async () => {
      const part = `${bundle}.${runId}.part`;
      await rm(part, { force: true });
      const finished = await findFinished(args);
      if (finished !== undefined) {
        // Its attempt may have failed, or been killed, before its names were durable.
        await syncFolder(dirname(bundle));
        return { ...result(args, finished), leftOut: [] };
      }
      try {
        const content = await write(part, plain, key);
        const manifest: BundleManifest = {
          format: 1,
          runId,
          bundle: basename(bundle),
          createdAt: inventory.createdAt,
          files: collected.files.length + collected.links.length,
          provenWith: key.provenWith,
          ...content,
        };
        const text = `${JSON.stringify(manifest, undefined, 1)}\n`;
        await writeDurably(manifestPathOf(bundle), text, `${manifestPathOf(bundle)}.${runId}.part`);
        await publishNew(part, bundle);
        return { ...result(args, manifest), leftOut: collected.leftOut };
      } finally {
        await rm(part, { force: true });
      }
    });
  } catch (cause) {
    throw explainFailure(operation, cause, bundle);
  }
}

/** Encrypts into a new file, and proves the file itself: read back, decrypted, unpacked and compared. */
async function write(
  part: string,
  plain: Buffer,
  key: BundleKey,
): Promise<{ bytes: number; sha256: string }> {
  const cipher = await key.encrypt(plain);
  await requireFreeSpace(operation, dirname(part), cipher.length + (1 << 16));
  const handle = await open(part, 'wx', 0o600);
  try {
    await handle.writeFile(cipher);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const readBack = await readFile(part);
  const decrypted = await key.decrypt(part, readBack);
  if (!decrypted.equals(plain)) throw brokenBundle(part, 'what was decrypted is not what was encrypted');
  await checkBundle(part, decrypted);
  return { bytes: readBack.length, sha256: sha256(readBack) };
}

/** The manifest of this run's finished bundle; undefined when it has to be made; an error when the name is taken. */
async function findFinished({ bundle, runId }: MakeBundleArgs): Promise<BundleManifest | undefined> {
  const manifest = await readBundleManifest(bundle);
  if (manifest !== undefined && manifest.runId !== runId)
    throw nameTaken(manifestPathOf(bundle), `it belongs to run ${manifest.runId}`);
  if (!(await exists(bundle))) return undefined;
  if (manifest === undefined)
    throw nameTaken(bundle, 'a file has this name and there is no manifest of this run');
  const { size } = await lstat(bundle);
  if (size === manifest.bytes && sha256(await readFile(bundle)) === manifest.sha256) return manifest;
  throw nameTaken(bundle, 'the bundle of this run was changed after it was made');
}

function result({ bundle }: MakeBundleArgs, { bytes, sha256: hash, files, provenWith }: BundleManifest) {
  return { bundle, bytes, sha256: hash, files, provenWith };
}

function checkName({ bundle, runId }: MakeBundleArgs): void {
  if (/^fdts_config_\d{8}_\d{6}\.tar\.age$/.test(basename(bundle)) && /^[\w.-]{1,100}$/.test(runId)) return;
  throw refuse(
    'BAD_INPUT',
    bundle,
    'the name of a bundle is fdts_config_YYYYMMDD_HHMMSS.tar.age',
    'correct it',
  );
}

function incomplete(bundle: string, missing: readonly LeftOut[]): OperationError {
  const told = missing.map(({ path, why }) => `${path}: ${why}`).join('; ');
  const hint =
    'correct project.composeFiles and project.envFile in the configuration, or the files themselves';
  return refuse('BUNDLE_INCOMPLETE', bundle, `FDTS could not be deployed again from it: ${told}`, hint);
}

function nameTaken(target: string, cause: string): OperationError {
  return refuse('ALREADY_EXISTS', target, cause, 'move that file away; bundles are never overwritten');
}

function refuse(code: string, target: string, cause: string, hint: string): OperationError {
  return new OperationError({ code, operation, target, cause, hint, retryable: false });
}
