import { createHash, type Hash } from 'node:crypto';
import type { BackupManifest } from './backup-manifest.ts';
import { BrokenArchiveError } from './broken-archive-error.ts';
import type { UploadExtraction } from './extract-uploads.ts';
import { gunzipWhole, mostFrom } from './gunzip-whole.ts';
import { type ReadEntry, readTar } from './read-tar.ts';
import { inTar, isRoot, UploadNames } from './upload-names.ts';

/** Folders, and files that no manifest announces, are believed up to this many. */
const mostEntries = 1_000_000;

const what = 'uploads.tar.gz';

/**
 * Reads `uploads.tar.gz` through, and extracts it on the way when a target is given: every name must stay inside the
 * folder and be there once, every file must be the one in the manifest. Complaints go to `reasons`, by number of the
 * manifest's entry since names of users' files do not leave the host.
 */
export async function checkUploads(
  { size, body: source }: Pick<ReadEntry, 'size' | 'body'>,
  {
    manifest,
    extraction,
    onUploadNames,
  }: {
    manifest: BackupManifest | undefined;
    extraction: UploadExtraction | undefined;
    onUploadNames?: ((names: UploadNames) => Promise<void>) | undefined;
  },
  reasons: string[],
): Promise<{ count: number; bytes: number }> {
  const expected = new Map(
    manifest?.uploads.entries.map((entry, index) => [inTar(entry.path), { ...entry, index }]),
  );
  const names = new UploadNames();
  const most = mostEntries + expected.size;
  const differing: number[] = [];
  let [count, bytes, strangers, number] = [0, 0, 0, 0];
  const announced = manifest?.uploads.bytes ?? 0;
  const tar = gunzipWhole(what, source, announced);
  const limits = { renames: true, mostBytes: mostFrom(size, announced) };
  for await (const entry of readTar(what, tar, limits)) {
    number += 1;
    if (number > most) throw new BrokenArchiveError(`${what} has more than ${most} entries`);
    const inFolder = entry.name.replace(/^(\.\/)+/, '');
    const path = entry.isFolder ? inFolder.replace(/\/+$/, '') : inFolder;
    const complaint = names.refuse(path, entry.isFolder);
    if (complaint !== undefined) throw new BrokenArchiveError(`${what}: entry ${number} ${complaint}`);
    if (entry.isFolder) {
      if (!isRoot(path)) await extraction?.folder(path, entry);
      continue;
    }
    const hash = createHash('sha256');
    const body = hashed(entry.body, hash);
    if (extraction === undefined) for await (const _ of body);
    else await extraction.file(path, entry, body);
    count += 1;
    bytes += entry.size;
    const planned = expected.get(path);
    if (planned === undefined) strangers += 1;
    else if (planned.size !== entry.size || planned.sha256 !== hash.digest('hex'))
      differing.push(planned.index);
    expected.delete(path);
  }
  await extraction?.finish();
  await onUploadNames?.(names);
  if (manifest !== undefined) {
    const missing = [...expected.values()].map(({ index }) => index);
    if (missing.length > 0)
      reasons.push(`${missing.length} uploads are missing (manifest entries ${some(missing)})`);
    if (differing.length > 0)
      reasons.push(`${differing.length} uploads differ (manifest entries ${some(differing)})`);
    if (strangers > 0) reasons.push(`${strangers} uploads are not in the manifest`);
  }
  return { count, bytes };
}

async function* hashed(body: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
}

function some(numbers: number[]): string {
  return numbers.slice(0, 10).join(', ') + (numbers.length > 10 ? ', …' : '');
}
