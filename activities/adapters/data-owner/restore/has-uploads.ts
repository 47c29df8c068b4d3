import { type UploadWarning, uploadProblems } from '../files/upload-problem.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/**
 * Whether users have uploads that a restore could take from them: folders alone are none, nor is what no backup has (`without`).
 * What may not be read may be one.
 */
export async function hasUploads(uploads: string, without: readonly string[]): Promise<boolean> {
  let others = 0;
  const onWarning = ({ what }: UploadWarning) => {
    if (what !== uploadProblems.excluded && what !== uploadProblems.vanished) others += 1;
  };
  for await (const { isFolder } of walkUploads(uploads, { without, onWarning })) if (!isFolder) return true;
  return others > 0;
}
