import { explainFailure } from '../files/explain-failure.ts';
import { isLoss, type UploadWarning } from '../files/upload-problem.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/** What a backup of the uploads would have, and what not. */
export interface UploadsSeen {
  count: number;
  bytes: number;
  /** What would be missing; names of users' files, which stay on the host. */
  lost: UploadWarning[];
  /** How many of `lost` there are: it names the first ones. */
  lostCount: number;
  /** What would be left out without a loss. */
  harmless: number;
}

const MOST_NAMED = 20;

/** Goes through the uploads as a backup does, without reading one. Changes nothing. */
export async function lookThroughUploads({
  uploads,
  without,
}: {
  uploads: string;
  without?: readonly string[];
}): Promise<UploadsSeen> {
  const seen: UploadsSeen = { count: 0, bytes: 0, lost: [], lostCount: 0, harmless: 0 };
  const onWarning = (warning: UploadWarning) => {
    if (!isLoss(warning)) seen.harmless += 1;
    else {
      seen.lostCount += 1;
      if (seen.lost.length < MOST_NAMED) seen.lost.push(warning);
    }
  };
  try {
    for await (const { isFolder, size } of walkUploads(uploads, { without, onWarning })) {
      if (isFolder) continue;
      seen.count += 1;
      seen.bytes += size;
    }
    return seen;
  } catch (cause) {
    throw explainFailure('lookThroughUploads', cause, uploads);
  }
}
