import { access, constants, stat, statfs } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';

/** How a folder stands for the user who asks. Sizes in bytes. */
export interface ProbedFolder {
  /** Why nothing can be written there (`ENOENT`, `EACCES`, `EROFS`, …); null when it can. */
  problem: string | null;
  uid: number;
  gid: number;
  /** Such as 750. */
  mode: string;
  freeBytes: number;
  totalBytes: number;
}

/** Looks whether this user may write in a folder, and what room its disk has. Writes nothing. */
export async function probeFolder({ path }: { path: string }): Promise<ProbedFolder> {
  const nothing = { uid: -1, gid: -1, mode: '', freeBytes: 0, totalBytes: 0 };
  try {
    const { uid, gid, mode } = await stat(path);
    const { bavail, blocks, bsize } = await statfs(path);
    const facts = {
      uid,
      gid,
      mode: (mode & 0o7777).toString(8),
      freeBytes: bavail * bsize,
      totalBytes: blocks * bsize,
    };
    const problem = await access(path, constants.R_OK | constants.W_OK | constants.X_OK).then(
      () => null,
      (error: unknown) => errorCode(error),
    );
    return { problem, ...facts };
  } catch (error) {
    return { problem: errorCode(error) || 'unknown', ...nothing };
  }
}
