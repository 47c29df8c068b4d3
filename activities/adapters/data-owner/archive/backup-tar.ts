import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { OperationContext } from '../child-messages.ts';
import { readChunks } from '../files/read-chunks.ts';
import { createThrottle } from '../files/throttle.ts';
import type { UploadWarning } from '../files/upload-problem.ts';
import type { UploadEntry } from '../files/walk-uploads.ts';
import type { BackedUpFile } from './backup-manifest.ts';
import { storedGzip, storedGzipSize } from './stored-gzip.ts';
import { tarBlock, tarHeader, tarPadding } from './tar-header.ts';
import { type LateUploads, uploadTar, uploadTarSize } from './upload-tar.ts';

/** The names of the two members that an FDTS archive has, in the order in which they are written. */
export const memberNames = ['database.sqlite', 'uploads.tar.gz'] as const;

/** Filled in while `backupTar` is read. */
export interface PackedBackup {
  database: { bytes: number; sha256: string };
  files: BackedUpFile[];
}

/** The archive before compression: the snapshot, then the uploads as a gzipped tar, in one pass over the files. */
export async function* backupTar(
  {
    snapshot,
    uploads,
    entries,
    late,
    onWarning,
    takenAt,
    bytesPerSecond,
  }: {
    snapshot: string;
    uploads: string;
    entries: UploadEntry[];
    late: LateUploads;
    onWarning: (warning: UploadWarning) => void;
    takenAt: Date;
    bytesPerSecond: number | null;
  },
  packed: PackedBackup,
  { signal, onProgress }: OperationContext,
): AsyncGenerator<Buffer> {
  const { size, uid, gid } = await lstat(snapshot);
  const innerBytes = uploadTarSize(entries);
  const uploadBytes = storedGzipSize(innerBytes);
  const common = { isFolder: false, mode: 0o640, uid, gid, mtime: takenAt.getTime() / 1_000 };
  const totalBytes = size + uploadBytes;
  let bytes = 0;
  const throttle = createThrottle(bytesPerSecond, signal);
  const track = async (piece: Buffer) => {
    await throttle(piece.length);
    bytes += piece.length;
    onProgress({ phase: 'archive', bytes, totalBytes });
    return piece;
  };

  yield tarHeader({ ...common, name: memberNames[0], size });
  const hash = createHash('sha256');
  for await (const piece of readChunks(snapshot)) {
    hash.update(piece);
    yield await track(piece);
  }
  yield tarPadding(size);
  packed.database = { bytes: size, sha256: hash.digest('hex') };

  yield tarHeader({ ...common, name: memberNames[1], size: uploadBytes });
  const onFile = (file: BackedUpFile) => void packed.files.push(file);
  const inner = uploadTar(uploads, entries, { onFile, onWarning }, late);
  for await (const piece of storedGzip(inner, innerBytes)) yield await track(piece);
  yield tarPadding(uploadBytes);
  yield Buffer.alloc(2 * tarBlock);
}
