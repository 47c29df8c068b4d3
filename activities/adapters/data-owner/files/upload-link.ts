import { realpath, stat } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';
import { onDisk } from './upload-name.ts';
import { type UploadProblem, uploadProblems } from './upload-problem.ts';

/**
 * Where a link below the uploads folder leads. Nothing behind it is ever taken into a backup: what lies in the uploads is
 * in it by its own path, and what lies outside is not, though users see it. One that cannot be followed to its end counts
 * as leading outside.
 */
export async function whereLinkLeads(root: string, path: string): Promise<UploadProblem> {
  try {
    const link = onDisk(root, path);
    const [folder, target] = [await realpath(root, 'buffer'), await realpath(link, 'buffer')];
    const found = await stat(target);
    if (!found.isFile() && !found.isDirectory()) return uploadProblems.notAFile;
    return isWithin(target, folder) ? uploadProblems.linkInside : uploadProblems.linkOutside;
  } catch (error) {
    const leadsNowhere = ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(errorCode(error));
    return leadsNowhere ? uploadProblems.linkNowhere : uploadProblems.linkOutside;
  }
}

function isWithin(inner: Buffer, outer: Buffer): boolean {
  return inner.equals(outer) || inner.subarray(0, outer.length + 1).equals(Buffer.concat([outer, SLASH]));
}

const SLASH = Buffer.from('/');
