import { open } from 'node:fs/promises';

const headerBytes = 100;

/**
 * Why the file cannot be a whole SQLite database, told by its first 100 bytes and its size; undefined when it may be.
 * SQLite itself overlooks a file that is longer than its header says.
 */
export async function headerComplaint(path: string): Promise<string | undefined> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const header = Buffer.alloc(headerBytes);
    const { bytesRead } = await handle.read(header, 0, headerBytes, 0);
    return bytesRead < headerBytes ? `it has ${size} bytes` : complaint(header, size);
  } finally {
    await handle.close();
  }
}

function complaint(header: Buffer, size: number): string | undefined {
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0')
    return 'it does not begin as an SQLite database does: it is another kind of file, or encrypted';
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (pageSize < 512 || pageSize > 65_536 || (pageSize & (pageSize - 1)) !== 0)
    return `its page size is ${pageSize}`;
  if (size % pageSize !== 0) return `its ${size} bytes are no multiple of its page size of ${pageSize}`;
  // Writers older than SQLite 3.7 do not keep the number of pages; then the two counters differ.
  const keepsPages = header.readUInt32BE(24) === header.readUInt32BE(92);
  const pages = header.readUInt32BE(28);
  if (keepsPages && pages !== 0 && pages * pageSize !== size)
    return `it has ${size / pageSize} pages where its header says ${pages}`;
  return undefined;
}
