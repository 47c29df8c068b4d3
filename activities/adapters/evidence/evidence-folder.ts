import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hashFile, syncFolder } from '../data-owner/files/durable-file.ts';
import { addCustody, readCustody } from './custody-log.ts';

/** What a piece of evidence is: its name in the folder, and where it came from. */
export type EvidenceItem = { readonly file: string; readonly how: string };

/** A piece that lies in the folder. */
export type KeptEvidence = { readonly file: string; readonly bytes: number; readonly sha256: string };

/** What a piece is made of: written to the disk as it comes, so that none has to fit into memory. */
export type EvidenceSource = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/**
 * The evidence of one run, in a folder of its own (0700). A piece is collected once: it gets its name when it is whole and
 * on the disk, and a step that is repeated keeps it. `who` is written beside each piece in the custody log.
 */
export const evidenceFolder = (folder: string, who: string) => {
  const known = async (file: string): Promise<KeptEvidence | null> => {
    const { entries } = await readCustody(folder);
    const found = entries.find((entry) => entry.file === file && entry.what === 'collected');
    const { bytes, sha256 } = found ?? {};
    return bytes === undefined || sha256 === undefined ? null : { file, bytes, sha256 };
  };

  const keep = async ({ file, how }: EvidenceItem, part: string): Promise<KeptEvidence> => {
    const path = join(folder, file);
    const { bytes, sha256 } = await hashFile(part);
    await rename(part, path);
    await syncFolder(dirname(path));
    await addCustody(folder, { at: now(), who, what: 'collected', file, how, bytes, sha256 });
    return { file, bytes, sha256 };
  };

  const prepare = async (file = ''): Promise<void> => {
    await mkdir(join(folder, dirname(file)), { recursive: true, mode: 0o700 });
  };

  return {
    folder,
    prepare,
    known,

    /** Writes a piece from its source. One that was collected already is kept as it is. */
    collect: async (item: EvidenceItem, source: () => Promise<EvidenceSource>): Promise<KeptEvidence> => {
      const earlier = await known(item.file);
      if (earlier !== null) return earlier;
      await prepare(item.file);
      const part = partOf(folder, item.file);
      await rm(part, { force: true });
      const handle = await open(part, 'wx', 0o600);
      try {
        for await (const chunk of await source()) await handle.write(Buffer.from(chunk));
        await handle.sync();
      } finally {
        await handle.close();
      }
      return keep(item, part);
    },

    /** As `collect`, for a piece that somebody else (a child process as root) writes to the path that it is given. */
    collectFile: async (
      item: EvidenceItem,
      write: (part: string) => Promise<unknown>,
    ): Promise<KeptEvidence> => {
      const earlier = await known(item.file);
      if (earlier !== null) return earlier;
      await prepare(item.file);
      const part = partOf(folder, item.file);
      await rm(part, { force: true });
      await write(part);
      return keep(item, part);
    },

    /** Notes once that a piece could not be had, and why. */
    leaveOut: async (file: string, why: string): Promise<void> => {
      await prepare();
      const { entries } = await readCustody(folder);
      if (entries.some((entry) => entry.file === file && entry.what === 'not collected' && entry.how === why))
        return;
      await addCustody(folder, { at: now(), who, what: 'not collected', file, how: why });
    },
  };
};

/** See `evidenceFolder`. */
export type EvidenceFolder = ReturnType<typeof evidenceFolder>;

/** A text as a source. */
export const textSource = (text: string): EvidenceSource => [text];

/** The sha256 of a text, as the manifest has it. */
export const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

const partOf = (folder: string, file: string): string =>
  join(folder, dirname(file), `.${basename(file)}.part`);

const now = (): string => new Date().toISOString();
