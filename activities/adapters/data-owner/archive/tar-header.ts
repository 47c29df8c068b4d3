import { bytesOf } from '../files/upload-name.ts';

/** What one entry of a tar archive says about itself. */
export interface TarEntry {
  /** As `nameOf` has it. */
  name: string;
  isFolder: boolean;
  /** Bytes of content. */
  size: number;
  mode: number;
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtime: number;
}

export const tarBlock = 512;
/** What the size field of a header has room for; larger ones are in a pax record. */
export const largestOctalSize = 0o77777777777;
/** What the fields of user and group have room for. */
const largestId = 0o7777777;

/** The header blocks of an entry: one ustar block, with a pax record before it when name, size, user or group do not fit. */
export function tarHeader(entry: TarEntry): Buffer {
  const name = bytesOf(entry.isFolder ? `${entry.name}/` : entry.name).toString('latin1');
  const split = splitName(name);
  const records: string[] = [];
  if (split === undefined) records.push(paxRecord('path', name));
  if (entry.size > largestOctalSize) records.push(paxRecord('size', String(entry.size)));
  for (const key of ['uid', 'gid'] as const)
    if (entry[key] > largestId) records.push(paxRecord(key, String(entry[key])));
  const ustar = ustarBlock(
    { ...entry, size: Math.min(entry.size, largestOctalSize) },
    entry.isFolder ? '5' : '0',
    split ?? { prefix: '', name: name.slice(0, 100) },
  );
  if (records.length === 0) return ustar;
  const body = Buffer.from(records.join(''), 'latin1');
  const pax = ustarBlock({ ...entry, size: body.length, mode: 0o644 }, 'x', { prefix: '', name: 'pax' });
  return Buffer.concat([pax, body, tarPadding(body.length), ustar]);
}

/** The zeros that fill the last block of an entry's content. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((tarBlock - (size % tarBlock)) % tarBlock);
}

/** Bytes that an entry takes in the archive: headers, content and padding. */
export function tarEntrySize(entry: TarEntry): number {
  return tarHeader(entry).length + (entry.isFolder ? 0 : Math.ceil(entry.size / tarBlock) * tarBlock);
}

interface NameFields {
  prefix: string;
  name: string;
}

/** The name, its bytes one character each, in the two fields of ustar; undefined when it does not fit. */
function splitName(bytes: string): NameFields | undefined {
  if (bytes.length <= 100) return { prefix: '', name: bytes };
  for (let cut = bytes.indexOf('/'); cut !== -1 && cut <= 155; cut = bytes.indexOf('/', cut + 1)) {
    const name = bytes.slice(cut + 1);
    if (cut > 0 && name.length > 0 && name.length <= 100) return { prefix: bytes.slice(0, cut), name };
  }
  return undefined;
}

function ustarBlock(entry: TarEntry, type: string, { prefix, name }: NameFields): Buffer {
  const block = Buffer.alloc(tarBlock);
  const octal = (value: number, offset: number, digits: number) =>
    block.write(Math.max(0, value).toString(8).padStart(digits, '0').slice(-digits), offset, 'latin1');
  block.write(name, 0, 'latin1');
  octal(entry.mode & 0o7777, 100, 7);
  octal(Math.min(entry.uid, largestId), 108, 7);
  octal(Math.min(entry.gid, largestId), 116, 7);
  octal(entry.size, 124, 11);
  octal(Math.floor(entry.mtime), 136, 11);
  block.fill(' ', 148, 156);
  block.write(type, 156, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  block.write(prefix, 345, 'latin1');
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  block[154] = 0;
  return block;
}

/** `LENGTH key=value\n`, where LENGTH counts itself; the value's bytes are one character each. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return `${length}${rest}`;
}
