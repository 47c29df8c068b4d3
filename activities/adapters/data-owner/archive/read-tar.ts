import { errorMessage } from '../../error-code.ts';
import { BrokenArchiveError } from './broken-archive-error.ts';
import { ByteReader } from './byte-reader.ts';
import { type HeaderOverrides, type ParsedHeader, parsePax, parseTarHeader } from './parse-tar-header.ts';
import { largestOctalSize, tarBlock, tarPadding } from './tar-header.ts';

/** One entry of a tar being read. Its body must be consumed, or left wholly alone, before the next entry is asked for. */
export interface ReadEntry {
  /** Its bytes, one character each (latin1). */
  name: string;
  isFolder: boolean;
  size: number;
  mode: number;
  /** Of the user and the group; -1 when it is not told. */
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtime: number;
  body: AsyncGenerator<Buffer>;
}

/** Longest pax record or GNU long name that is believed, in bytes. */
const longestExtension = 64 << 10;

/**
 * Reads a tar strictly. Usual readers accept an empty file, an archive cut inside a member and one without its end
 * blocks as whole; this one demands each header's checksum, every byte of every member, both end blocks, zeros after
 * them, and takes regular files and folders only. `renames` admits pax records and GNU long names that give another
 * name than the header does; a member that claims more than `mostBytes` is refused before a byte of it is read.
 */
export async function* readTar(
  what: string,
  source: AsyncIterable<Buffer>,
  { renames, mostBytes }: { renames: boolean; mostBytes: number },
): AsyncGenerator<ReadEntry> {
  const reader = new ByteReader(source);
  const broken: Complain = (text, cause) => new BrokenArchiveError(`${what}: ${text}`, { cause });
  let overrides: HeaderOverrides = {};
  for (let number = 1; ; number += 1) {
    const block = reader.atOnce(tarBlock) ?? (await reader.upTo(tarBlock));
    if (block.length < tarBlock) throw broken(`it is cut before entry ${number}: the end blocks are missing`);
    if (isZero(block)) {
      if (Object.keys(overrides).length > 0) throw broken('it ends with an extension that no entry follows');
      await requireEnd(reader, broken);
      return;
    }
    const header = sound(broken, () => parseTarHeader(block, number));
    if ('xL'.includes(header.type)) {
      overrides = { ...overrides, ...(await readExtension(reader, header, broken)) };
      continue;
    }
    const entry = sound(broken, () => override(header, overrides, { renames, number }));
    overrides = {};
    if (entry.size > mostBytes)
      throw broken(`entry ${number} claims ${entry.size} bytes, more than can be in it`);
    yield* oneEntry(reader, entry, number, broken);
  }
}

async function* oneEntry(
  reader: ByteReader,
  header: ParsedHeader,
  number: number,
  broken: Complain,
): AsyncGenerator<ReadEntry> {
  const { name, type, mode, uid, gid, mtime } = header;
  if (type !== '0' && type !== '5') {
    throw broken(`entry ${number} is of type '${type}'; only regular files and folders are accepted`);
  }
  const isFolder = type === '5';
  const size = isFolder ? 0 : header.size;
  let left = size;
  async function* body(): AsyncGenerator<Buffer> {
    while (left > 0) {
      const piece = await reader.some(left);
      if (piece.length === 0) throw broken(`it is cut inside entry ${number}: ${left} bytes are missing`);
      left -= piece.length;
      yield piece;
    }
  }
  yield { name, isFolder, size, mode, uid, gid, mtime, body: body() };
  if (size === 0) return;
  const rest = body();
  while ((await rest.next()).done !== true);
  const padding = await reader.upTo(tarPadding(size).length);
  if (padding.length < tarPadding(size).length) throw broken(`it is cut in the padding of entry ${number}`);
}

/** Readers differ in which of two names or sizes they believe, so only what a header has no room for may be overridden. */
function override(
  header: ParsedHeader,
  overrides: HeaderOverrides,
  { renames, number }: { renames: boolean; number: number },
): ParsedHeader {
  const { name = header.name, size = header.size } = overrides;
  if (name !== header.name && !renames) throw new Error(`entry ${number} is renamed by an extension`);
  if (size !== header.size && size <= largestOctalSize) throw new Error(`entry ${number} has two sizes`);
  return { ...header, ...overrides };
}

async function readExtension(
  reader: ByteReader,
  { type, size }: ParsedHeader,
  broken: Complain,
): Promise<HeaderOverrides> {
  if (size > longestExtension) throw broken(`a name extension has ${size} bytes`);
  const body = await reader.upTo(size);
  await reader.upTo(tarPadding(size).length);
  if (body.length < size) throw broken('it is cut inside a name extension');
  if (type === 'L') return { name: body.toString('latin1').replace(/\0+$/, '') };
  return sound(broken, () => parsePax(body));
}

/** What makes the error for a complaint about this archive. */
type Complain = (text: string, cause?: unknown) => BrokenArchiveError;

function sound<T>(broken: Complain, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw broken(errorMessage(error), error);
  }
}

async function requireEnd(reader: ByteReader, broken: Complain): Promise<void> {
  const second = await reader.upTo(tarBlock);
  if (second.length < tarBlock) throw broken('the second end block is missing');
  if (!isZero(second)) throw broken('there is data after the first end block');
  for (;;) {
    const rest = await reader.some(1 << 20);
    if (rest.length === 0) return;
    if (!isZero(rest)) throw broken('there is data after the end of the archive');
  }
}

function isZero(bytes: Buffer): boolean {
  return (bytes[0] ?? 0) === 0 && bytes.equals(Buffer.alloc(bytes.length));
}
