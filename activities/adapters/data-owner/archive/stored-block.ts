/** The most that one stored block of deflate holds. */
export const storedBlockBytes = 65_535;

/** A block of deflate that holds its bytes as they are: a header, then the bytes. */
export function storedBlock(data: Buffer, isLast: boolean): [Buffer, Buffer] {
  const header = Buffer.alloc(5);
  header[0] = isLast ? 1 : 0;
  header.writeUInt16LE(data.length, 1);
  header.writeUInt16LE(data.length ^ 0xffff, 3);
  return [header, data];
}
