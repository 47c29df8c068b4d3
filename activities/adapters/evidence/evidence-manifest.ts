import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { exists, hashFile, syncFolder, writeDurably } from '../data-owner/files/durable-file.ts';
import { OperationError } from '../operation-error.ts';
import { addCustody, CUSTODY_FILE, readCustody } from './custody-log.ts';
import { type KeptEvidence, sha256Of } from './evidence-folder.ts';

/** The name of the manifest in a folder of evidence. */
export const MANIFEST_FILE = 'manifest.json';

/** Where evidence comes from. */
export type EvidenceOrigin = {
  readonly incident: string;
  readonly host: string;
  readonly machineId: string;
  readonly run: string;
};

/** Everything that was collected, with hashes, and where the custody log stood. */
export type EvidenceManifest = EvidenceOrigin & {
  readonly format: 1;
  readonly sealedAt: string;
  readonly files: readonly KeptEvidence[];
  /** The number of lines of the custody log when it was sealed, and the hash of the last. */
  readonly custody: { readonly lines: number; readonly sha256: string };
};

/** What `verifyEvidence` found. */
export type EvidenceVerdict = {
  readonly manifest: EvidenceManifest;
  readonly manifestSha256: string;
  /** Everything that is not as it was sealed; empty: nothing was changed. */
  readonly problems: readonly string[];
};

/** Seals a folder: from here any change shows. A repeat gives the same manifest back. */
export const sealEvidence = async (
  folder: string,
  origin: EvidenceOrigin,
  who: string,
): Promise<{ readonly manifest: EvidenceManifest; readonly manifestSha256: string }> => {
  const file = join(folder, MANIFEST_FILE);
  if (!(await exists(file))) {
    const { entries, hashes } = await readCustody(folder);
    const files = entries.flatMap(({ what, file: name, bytes, sha256 }) =>
      what === 'collected' && bytes !== undefined && sha256 !== undefined
        ? [{ file: name, bytes, sha256 }]
        : [],
    );
    await removeParts(folder);
    const sealedAt = new Date().toISOString();
    const custody = { lines: entries.length, sha256: hashes[entries.length] ?? '' };
    const manifest: EvidenceManifest = { format: 1, ...origin, sealedAt, files, custody };
    await writeDurably(file, `${JSON.stringify(manifest, null, 1)}\n`);
  }
  const text = await readFile(file, 'utf8');
  const sha256 = sha256Of(text);
  const { entries } = await readCustody(folder);
  if (!entries.some(({ what }) => what === 'sealed')) {
    const how = 'hashes of every piece; any later change shows';
    await addCustody(folder, {
      at: new Date().toISOString(),
      who,
      what: 'sealed',
      file: MANIFEST_FILE,
      how,
      sha256,
    });
  }
  return { manifest: parseManifest(folder, text), manifestSha256: sha256 };
};

/**
 * Compares a sealed folder with its manifest: each file's size and hash, files too many, and the custody log.
 * `expected`: the manifest's hash as a report has it, which alone tells a manifest that was made anew.
 */
export const verifyEvidence = async (folder: string, expected: string | null): Promise<EvidenceVerdict> => {
  const text = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch((error: unknown) => {
    throw notEvidence(folder, error);
  });
  const manifest = parseManifest(folder, text);
  const manifestSha256 = sha256Of(text);
  const problems: string[] = [];
  if (expected !== null && expected !== manifestSha256)
    problems.push(
      `${MANIFEST_FILE}: its sha256 is ${manifestSha256}, expected ${expected}: it was made anew`,
    );
  for (const kept of manifest.files) problems.push(...(await problemsOf(folder, kept)));
  const listed = new Set([...manifest.files.map(({ file }) => file), MANIFEST_FILE, CUSTODY_FILE]);
  for (const file of await filesIn(folder)) {
    if (!listed.has(file)) problems.push(`${file}: is not in the manifest`);
  }
  problems.push(...(await custodyProblems(folder, manifest, manifestSha256)));
  return { manifest, manifestSha256, problems };
};

const problemsOf = async (folder: string, { file, bytes, sha256 }: KeptEvidence): Promise<string[]> => {
  const path = join(folder, file);
  const found = await lstat(path).catch(() => null);
  if (found === null) return [`${file}: is missing`];
  if (!found.isFile()) return [`${file}: is no regular file`];
  const now = await hashFile(path);
  if (now.bytes !== bytes) return [`${file}: has ${now.bytes} bytes, expected ${bytes}`];
  return now.sha256 === sha256
    ? []
    : [`${file}: its content was changed (sha256 ${now.sha256}, expected ${sha256})`];
};

const custodyProblems = async (
  folder: string,
  { custody }: EvidenceManifest,
  manifestSha256: string,
): Promise<string[]> => {
  const { broken, hashes, entries } = await readCustody(folder);
  if (broken !== null) return [`${CUSTODY_FILE}: line ${broken} was changed, or one before it was taken out`];
  if (hashes[custody.lines] !== custody.sha256)
    return [`${CUSTODY_FILE}: is not the log that was sealed (${custody.lines} lines)`];
  const sealed = entries.find(({ what }) => what === 'sealed');
  return sealed?.sha256 === manifestSha256
    ? []
    : [`${CUSTODY_FILE}: names another manifest than the one here`];
};

/** Every file below, by its path from the folder. */
const filesIn = async (folder: string): Promise<string[]> => {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  return found
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
};

/** What a killed attempt left half-written. */
const removeParts = async (folder: string): Promise<void> => {
  for (const file of await filesIn(folder)) {
    if (file.endsWith('.part')) await rm(join(folder, file), { force: true });
  }
  await syncFolder(folder);
};

const parseManifest = (folder: string, text: string): EvidenceManifest => {
  try {
    const manifest: EvidenceManifest = JSON.parse(text);
    if (manifest.format === 1 && Array.isArray(manifest.files)) return manifest;
  } catch {
    // Said below.
  }
  throw notEvidence(folder, `${MANIFEST_FILE} is not a manifest of evidence, or was changed`);
};

const notEvidence = (folder: string, cause: unknown): OperationError =>
  new OperationError({
    code: 'NOT_EVIDENCE',
    operation: 'verifyEvidence',
    target: folder,
    cause,
    hint: 'Give the folder of one run, such as /var/lib/fdts-ops/evidence/20260104_020000; it needs root.',
    retryable: false,
  });
