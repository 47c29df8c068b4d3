import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { pack as createPack, type Pack } from 'tar-stream';
import { exists, hashFile, publishNew, syncFile } from '../data-owner/files/durable-file.ts';
import { OperationError } from '../operation-error.ts';
import { addCustody, CUSTODY_FILE } from './custody-log.ts';
import { type EvidenceVerdict, MANIFEST_FILE } from './evidence-manifest.ts';

/** An encrypted archive of evidence, read back and compared. */
export type ExportedEvidence = { readonly file: string; readonly bytes: number; readonly sha256: string };

/**
 * Encrypts a folder of evidence, as it was verified, into one new archive in age's format; nothing of it is on the disk in
 * clear. It gets its name only after it was decrypted again, with a key that exists in this process alone, and compared.
 * The custody log then has who got it. Never overwrites.
 */
export const exportEvidence = async (
  folder: string,
  { manifest }: EvidenceVerdict,
  how: { readonly to: string; readonly recipients: readonly string[]; readonly who: string },
): Promise<ExportedEvidence> => {
  const { to, recipients, who } = how;
  if (await exists(to))
    throw failure('ALREADY_EXISTS', to, 'a file has this name', 'Give another name; nothing is overwritten.');
  const oneTime = await generateX25519Identity();
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  encrypter.addRecipient(await identityToRecipient(oneTime));
  const decrypter = new Decrypter();
  decrypter.addIdentity(oneTime);
  const part = `${to}.part`;
  await rm(part, { force: true });
  try {
    const plain = createHash('sha256');
    const files = [...manifest.files.map(({ file }) => file), MANIFEST_FILE, CUSTODY_FILE];
    const cipher = await encrypter.encrypt(
      Readable.toWeb(Readable.from(hashed(archive(folder, files), plain))),
    );
    await pipeline(Readable.fromWeb(cipher), createWriteStream(part, { flags: 'wx', mode: 0o600 }));
    await syncFile(part);
    const back = await decrypter.decrypt(Readable.toWeb(createReadStream(part)));
    const readBack = createHash('sha256');
    for await (const chunk of Readable.fromWeb(back)) readBack.update(chunk);
    if (readBack.digest('hex') !== plain.digest('hex'))
      throw failure(
        'EXPORT_NOT_PROVEN',
        to,
        'what was decrypted is not what was encrypted',
        'Try again on another disk.',
      );
    const exported = { file: to, ...(await hashFile(part)) };
    await publishNew(part, to);
    await addCustody(folder, {
      at: new Date().toISOString(),
      who,
      what: 'exported',
      file: basename(to),
      how: `encrypted to ${recipients.join(', ')}, in ${dirname(to)}`,
      bytes: exported.bytes,
      sha256: exported.sha256,
    });
    return exported;
  } finally {
    await rm(part, { force: true });
  }
};

/** The folder as a tar: under its own name, so that it unpacks beside others. */
const archive = (folder: string, files: readonly string[]): Pack => {
  const pack = createPack();
  const add = async (): Promise<void> => {
    for (const file of files) {
      const path = join(folder, file);
      const { size, mtime } = await lstat(path);
      const entry = pack.entry({ name: `${basename(folder)}/${file}`, size, mtime, mode: 0o600 });
      await pipeline(createReadStream(path), entry);
    }
    pack.finalize();
  };
  add().catch((error: unknown) => pack.destroy(error instanceof Error ? error : new Error(String(error))));
  return pack;
};

async function* hashed(pack: Pack, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of Readable.from(pack)) {
    const bytes = Buffer.from(chunk);
    hash.update(bytes);
    yield bytes;
  }
}

/** Makes sure before anything is read that somebody can open the archive. */
export const requireRecipients = (recipients: readonly string[]): void => {
  if (recipients.length > 0) return;
  throw failure(
    'KEY_MISSING',
    'the archive',
    'nobody is named who could open it',
    'Give --recipient age1…, or set bundle.recipients in the configuration ("fdts-ops bundle keygen" makes a key).',
  );
};

const failure = (code: string, target: string, cause: string, hint: string): OperationError =>
  new OperationError({ code, operation: 'exportEvidence', target, cause, hint, retryable: false });
