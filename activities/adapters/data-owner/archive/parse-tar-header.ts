/** The fields of a tar header that matter here. Names are bytes, one character each (latin1): any name comes back as it was. */
export interface ParsedHeader {
  name: string;
  size: number;
  mode: number;
  /** Of the user and the group; -1 when it is not told in digits. */
  uid: number;
  gid: number;
  /** Seconds since 1970. */
  mtime: number;
  /** `0` file, `5` folder, `x` pax, `L` GNU long name, anything else as it stands. */
  type: string;
}

/** No file is newer than this many seconds since 1970. */
const latestTime = 2 ** 40;

/** Parses one header block; throws with the entry's number when it is not a sound ustar or GNU header. */
export function parseTarHeader(block: Buffer, number: number): ParsedHeader {
  const refuse = (why: string) => new Error(`entry ${number} ${why}`);
  if (octal(block.subarray(148, 156)) !== checksum(block)) throw refuse('has a wrong header checksum');
  if (block.toString('latin1', 257, 262) !== 'ustar') throw refuse('is not in ustar or GNU format');
  const size = fieldNumber(block.subarray(124, 136));
  if (size === undefined || size < 0 || !Number.isSafeInteger(size)) throw refuse('has an impossible size');
  const mode = octal(block.subarray(100, 108));
  if (mode === undefined) throw refuse('has an impossible mode');
  const mtime = fieldNumber(block.subarray(136, 148));
  if (mtime === undefined || Math.abs(mtime) > latestTime) throw refuse('has an impossible time');
  const isPosix = block[262] === 0;
  const prefix = isPosix ? text(block.subarray(345, 500)) : '';
  const name = text(block.subarray(0, 100));
  if (prefix === undefined || name === undefined) throw refuse('has a name that goes on after its end');
  const flag = String.fromCharCode(block[156] ?? 0);
  const type = flag === '\0' ? '0' : flag;
  const [uid, gid] = [
    idOf(fieldNumber(block.subarray(108, 116))),
    idOf(fieldNumber(block.subarray(116, 124))),
  ];
  return { name: prefix === '' ? name : `${prefix}/${name}`, size, mode, uid, gid, mtime, type };
}

/** The sum of all bytes, those of the checksum itself taken for spaces. */
function checksum(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < block.length; at += 1) if (at < 148 || at >= 156) sum += block[at] ?? 0;
  return sum;
}

/** What a pax header or a GNU long name says of the next entry, in the place of its own header. */
export type HeaderOverrides = Partial<Pick<ParsedHeader, 'name' | 'size' | 'uid' | 'gid' | 'mtime'>>;

/** The records of a pax header that change what is read. Throws when they are malformed. */
export function parsePax(body: Buffer): HeaderOverrides {
  const found: HeaderOverrides = {};
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at);
    const length = space === -1 ? Number.NaN : Number(body.toString('latin1', at, space));
    const end = at + length;
    if (!Number.isInteger(length) || end <= space + 1 || end > body.length || body[end - 1] !== 0x0a) {
      throw new Error('a pax record is malformed');
    }
    const record = body.toString('latin1', space + 1, end - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') found.name = value;
    if (key === 'size') found.size = paxSize(value);
    if (key === 'mtime') found.mtime = paxTime(value);
    if (key === 'uid' || key === 'gid') found[key] = idOf(/^\d+$/.test(value) ? Number(value) : undefined);
    if (key.startsWith('GNU.sparse')) throw new Error('sparse files are not accepted');
    at = end;
  }
  return found;
}

/** Linux has no user or group beyond it; the last number means none. */
const LARGEST_ID = 2 ** 32 - 2;

function idOf(number: number | undefined): number {
  return number !== undefined && number >= 0 && number <= LARGEST_ID ? number : -1;
}

function paxSize(value: string): number {
  const size = Number(value);
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(size))
    throw new Error('a pax record has an impossible size');
  return size;
}

function paxTime(value: string): number {
  const time = Number(value);
  if (!/^-?\d+(\.\d*)?$/.test(value) || Math.abs(time) > latestTime)
    throw new Error('a pax record has an impossible time');
  return time;
}

/** Up to the first zero byte; undefined when anything but zeros follows it. */
function text(field: Buffer): string | undefined {
  const end = field.indexOf(0);
  if (end === -1) return field.toString('latin1');
  for (let at = end; at < field.length; at += 1) if (field[at] !== 0) return undefined;
  return field.toString('latin1', 0, end);
}

/** Octal, or GNU's base-256 for sizes from 8 GiB on and times before 1970; undefined when it is neither. */
function fieldNumber(field: Buffer): number | undefined {
  const first = field[0] ?? 0;
  if (first < 0x80) return octal(field);
  if (first !== 0x80 && first !== 0xff) return undefined;
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, first === 0xff ? -1 : 0);
}

function octal(field: Buffer): number | undefined {
  const digits = /^ *([0-7]+)[ \0]*$/.exec(field.toString('latin1'))?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 8);
}
