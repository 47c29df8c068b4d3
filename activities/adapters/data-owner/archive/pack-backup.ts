import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { OperationContext } from '../child-messages.ts';
import { type UploadWarning, uploadProblems } from '../files/upload-problem.ts';
import { listUploadEntries, type UploadEntry } from '../files/walk-uploads.ts';
import type { UserAndGroup } from '../restore/choose-owner.ts';
import type { UploadOwners } from './backup-manifest.ts';
import { backupTar, type PackedBackup } from './backup-tar.ts';
import { IgzipError, igzipMember } from './igzip.ts';
import { lookAgain, settleWarnings } from './late-uploads.ts';
import { singleMemberGzip } from './single-member-gzip.ts';
import { UploadShrankError } from './upload-tar.ts';

/** What goes into an archive, and how fast. */
export interface PackSource {
  snapshot: string;
  uploads: string;
  /** Names directly in the uploads folder that are left out on purpose. */
  without?: readonly string[] | undefined;
  takenAt: Date;
  /** Bytes read per second; null for no limit. */
  bytesPerSecond: number | null;
}

/** An archive that lies, durable, at the path that was asked for. */
export type PackedArchive = PackedBackup & {
  warnings: UploadWarning[];
  owners: UploadOwners;
  bytes: number;
  sha256: string;
  compressedBy: string;
};

const mostShrinks = 3;
const mostPassesForMoves = 3;

/** Thrown at the end of a pass that an upload was moved around in such a way that the archive has no room for it. */
class UploadMovedError extends Error {
  override readonly name = 'UploadMovedError';
}

/**
 * One pass: read, tar, compress, hash, write. A large upload that shrinks under it makes it start again, and so does one
 * that was moved and does not fit in any more; at the third time it is left out with a warning. So does, once, an igzip
 * that fails: the archive is then made with zlib.
 */
export async function packBackup(
  source: PackSource,
  part: string,
  context: OperationContext,
): Promise<PackedArchive> {
  const shrinks = new Map<string, number>();
  let passesForMoves = 1;
  let igzipProblem: string | undefined;
  for (;;) {
    const keptShrinking = new Set(
      [...shrinks].filter(([, times]) => times >= mostShrinks).map(([path]) => path),
    );
    const mayStartAgain = passesForMoves < mostPassesForMoves;
    const { warnings, owners, ...pass } = await beginPass(source, keptShrinking, mayStartAgain);
    const packed: PackedBackup = { database: { bytes: 0, sha256: '' }, files: [] };
    const tar = backupTar({ ...source, ...pass }, packed, context);
    const archive = igzipProblem === undefined ? igzipMember(tar, context.signal) : singleMemberGzip(tar);
    try {
      const written = await writeOut(part, archive);
      const compressedBy = igzipProblem === undefined ? 'igzip' : `zlib (igzip: ${igzipProblem})`;
      return { ...packed, warnings: warnings(), owners: owners(), ...written, compressedBy };
    } catch (error) {
      if (error instanceof IgzipError) igzipProblem = error.message;
      else if (error instanceof UploadMovedError) passesForMoves += 1;
      else if (error instanceof UploadShrankError)
        shrinks.set(error.path, (shrinks.get(error.path) ?? 0) + 1);
      else throw error;
    }
  }
}

/** Lists the uploads, and says at the end of the pass what else belongs in it. */
async function beginPass(
  { uploads, without, takenAt: snapshotAt }: PackSource,
  keptShrinking: ReadonlySet<string>,
  mayStartAgain: boolean,
) {
  let warnings: UploadWarning[] = [];
  const onWarning = (warning: UploadWarning) => void warnings.push(warning);
  const listed = await listUploadEntries(uploads, { without, onWarning });
  const leftOut = listed.filter(({ path }) => keptShrinking.has(path));
  for (const { path } of leftOut) onWarning({ path, what: uploadProblems.keptShrinking });
  const onNoRoom = ({ path }: UploadEntry) => {
    if (mayStartAgain) throw new UploadMovedError('an upload was moved while it was to be read');
    onWarning({ path, what: uploadProblems.keptMoving });
  };
  const find = async () => {
    const vanished = warnings.filter(({ what }) => what === uploadProblems.vanished);
    const gone = new Set(vanished.map(({ path }) => path));
    const again = await lookAgain({ uploads, without }, { listed, gone, snapshotAt });
    warnings = settleWarnings(warnings, again);
    again.outOfPlace.forEach(onNoRoom);
    late.push(...again.late);
    return again.late;
  };
  const entries = listed.filter(({ path }) => !keptShrinking.has(path));
  const late: UploadEntry[] = [];
  return {
    entries,
    late: { find, onNoRoom },
    onWarning,
    warnings: () => warnings,
    owners: () => ownersOf([...entries, ...late]),
  };
}

/** Whom they belong to; the owner of the data is who reads them. */
function ownersOf(entries: readonly UploadEntry[]): UploadOwners {
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const others = new Map<string, UserAndGroup>();
  for (const { uid, gid } of entries)
    if (uid !== owner.uid || gid !== owner.gid) others.set(`${uid}:${gid}`, { uid, gid });
  return { owner, others: [...others.values()] };
}

async function writeOut(
  path: string,
  source: AsyncIterable<Buffer>,
): Promise<{ bytes: number; sha256: string }> {
  await rm(path, { force: true });
  const handle = await open(path, 'wx', 0o640);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of source) {
      await handle.writeFile(chunk);
      hash.update(chunk);
      bytes += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
