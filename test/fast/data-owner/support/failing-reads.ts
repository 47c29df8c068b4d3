import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { Readable } from 'node:stream';
import Database from 'better-sqlite3';
import { vi } from 'vitest';

/** Runs `work` on a disk with bad sectors in these files: nobody can read them, SQLite neither. They can still be moved. */
export async function withBadSectors<T>(paths: readonly string[], work: () => Promise<T>): Promise<T> {
  const { createReadStream } = fs;
  // oxlint-disable-next-line typescript/unbound-method -- it is called with the database that it belongs to
  const { prepare } = Database.prototype;
  const streams = vi.spyOn(fs, 'createReadStream').mockImplementation((path, options) => {
    if (!paths.includes(String(path))) return createReadStream(path, options);
    const error = Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whoever reads a file uses it as any stream
    return Readable.from(failing(error)) as unknown as fs.ReadStream;
  });
  const statements = vi.spyOn(Database.prototype, 'prepare').mockImplementation(function (
    this: Database.Database,
    source: string,
  ) {
    if (paths.includes(this.name)) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
    return prepare.call(this, source);
  });
  syncBuiltinESMExports();
  try {
    return await work();
  } finally {
    streams.mockRestore();
    statements.mockRestore();
    syncBuiltinESMExports();
  }
}

async function* failing(error: Error): AsyncGenerator<Buffer> {
  yield Buffer.alloc(512);
  throw error;
}
