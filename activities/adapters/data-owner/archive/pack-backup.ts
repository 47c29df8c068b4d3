import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import type { OperationContext } from '../child-messages.ts';
import { type UploadWarning, uploadProblems } from '../files/upload-problem.ts';
import { listUploadEntries } from '../files/walk-uploads.ts';
import { backupTar, type PackedBackup } from './backup-tar.ts';
import { IgzipError, igzipMember } from './igzip.ts';
import { singleMemberGzip } from './single-member-gzip.ts';
import { UploadShrankError } from './upload-tar.ts';

/** What goes into an archive, and how fast. */
export interface PackSource {
  snapshot: string;
  uploads: string;
  takenAt: Date;
  /** Bytes read per second; null for no limit. */
  bytesPerSecond: number | null;
}

/** An archive that lies, durable, at the path that was asked for. */
export type PackedArchive = PackedBackup & { bytes: number; sha256: string; compressedBy: string };

const mostShrinks = 3;

/**
 * One pass: read, tar, compress, hash, write. A large upload that shrinks under it makes it start again; at the third
 * time it is left out with a warning. So does, once, an igzip that fails: the archive is then made with zlib.
 */
export async function packBackup(
  source: PackSource,
  part: string,
  context: OperationContext,
): Promise<PackedArchive> {
  const shrinks = new Map<string, number>();
  let igzipProblem: string | undefined;
  for (;;) {
    const warnings: UploadWarning[] = [];
    const listed = await listUploadEntries(source.uploads, (warning) => warnings.push(warning));
    const entries = listed.filter(({ path }) => (shrinks.get(path) ?? 0) < mostShrinks);
    const leftOut = listed.filter(({ path }) => (shrinks.get(path) ?? 0) >= mostShrinks);
    warnings.push(...leftOut.map(({ path }) => ({ path, what: uploadProblems.keptShrinking })));
    const packed: PackedBackup = { database: { bytes: 0, sha256: '' }, files: [], warnings };
    const tar = backupTar({ ...source, entries }, packed, context);
    const archive = igzipProblem === undefined ? igzipMember(tar, context.signal) : singleMemberGzip(tar);
    try {
      const written = await writeOut(part, archive);
      const compressedBy = igzipProblem === undefined ? 'igzip' : `zlib (igzip: ${igzipProblem})`;
      return { ...packed, ...written, compressedBy };
    } catch (error) {
      if (error instanceof IgzipError) igzipProblem = error.message;
      else if (error instanceof UploadShrankError)
        shrinks.set(error.path, (shrinks.get(error.path) ?? 0) + 1);
      else throw error;
    }
  }
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
