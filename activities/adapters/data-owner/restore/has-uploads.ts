import { isLink, type UploadWarning } from '../files/upload-problem.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/** Whether users have uploads that a restore could take from them: folders alone are none, nor is what no backup has (`without`). */
export async function hasUploads(uploads: string, without: readonly string[]): Promise<boolean> {
  let links = 0;
  const onWarning = ({ what }: UploadWarning) => {
    if (isLink(what)) links += 1;
  };
  for await (const { isFolder } of walkUploads(uploads, { without, onWarning })) if (!isFolder) return true;
  return links > 0;
}
