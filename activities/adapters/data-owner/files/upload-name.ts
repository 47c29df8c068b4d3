/**
 * A name or path below the uploads folder as text. One that is not UTF-8 keeps every byte beyond ASCII as a code unit of
 * its own that no text has (U+DC80 to U+DCFF, as Python does it): so it goes through JSON and back, and equals no other.
 */
export function nameOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (Buffer.from(text, 'utf8').equals(bytes)) return text;
  return bytes
    .toString('latin1')
    .replace(/[\u0080-\u00ff]/g, (byte) => String.fromCharCode(0xdc00 + unit(byte)));
}

/** The bytes that `nameOf` made a name or a path of. */
export function bytesOf(path: string): Buffer {
  if (!/[\udc80-\udcff]/.test(path)) return Buffer.from(path, 'utf8');
  return Buffer.from(path.split('/').map(partInLatin1).join('/'), 'latin1');
}

/** A path below the uploads folder as file system calls take it. */
export function onDisk(root: string, path: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`, 'utf8'), bytesOf(path)]);
}

function partInLatin1(part: string): string {
  const utf8 = Buffer.from(part, 'utf8');
  if (utf8.toString('utf8') === part) return utf8.toString('latin1');
  return part.replace(/[\udc80-\udcff]/g, (byte) => String.fromCharCode(unit(byte) - 0xdc00));
}

function unit(character: string): number {
  return character.charCodeAt(0);
}
