import { nameOf } from '../files/upload-name.ts';
import { problemOf, walkUploads } from '../files/walk-uploads.ts';
import { inTar, type UploadNames } from './upload-names.ts';

/** The uploads that users have: without a manifest nothing else says what must be in an archive. */
export interface LiveUploads {
  uploads: string;
  /** `data.uploadsExclude`. */
  without?: readonly string[] | undefined;
}

/** A script looks at the uploads before it has packed them all: what came meanwhile is not asked for. */
const PACKING_MS = 3_600_000;

/** What a comparison of an archive with the uploads that users have came to. */
export interface ComparedWithLive {
  /** How many are old enough to have to be in it; with none it was compared with nothing. */
  older: number;
  /** Why it is no backup of them; null when it is. */
  lacking: string | null;
}

/**
 * Why an archive that was made then is not one of these uploads: most of those that are older are not in it at their path,
 * as when its script packs the folder in place of what is in it, or a wrong folder. Users move and remove uploads: a few
 * that are missing say nothing.
 */
export async function compareWithLive(
  names: Pick<UploadNames, 'hasFile'>,
  { uploads, without }: LiveUploads,
  madeAt: Date,
): Promise<ComparedWithLive> {
  const youngest = BigInt(madeAt.getTime() - PACKING_MS) * 1_000_000n;
  let [older, missing] = [0, 0];
  let below: string | undefined;
  try {
    for await (const { path, isFolder, mtimeNs } of walkUploads(uploads, { without })) {
      if (isFolder || BigInt(mtimeNs) > youngest) continue;
      older += 1;
      if (names.hasFile(inTar(path))) continue;
      missing += 1;
      below ??= prefixesOf(uploads).find((prefix) => names.hasFile(`${prefix}/${inTar(path)}`));
    }
  } catch (error) {
    // A folder that is not there, or not for its owner, is told by checks of its own.
    if (problemOf(error) === undefined) throw error;
    return { older: 0, lacking: null };
  }
  if (missing * 2 <= older) return { older, lacking: null };
  const deeper = below === undefined ? '' : `; they are below ${nameOf(Buffer.from(below, 'latin1'))}/ in it`;
  const lacking = `${missing} of ${older} uploads that are older than it are not in it at their path${deeper}`;
  return { older, lacking };
}

/** What tar puts before each path when it is given the folder itself: its name, or more of its path. */
function prefixesOf(uploads: string): string[] {
  const parts = inTar(uploads)
    .split('/')
    .filter((part) => part !== '');
  return parts.map((_, index) => parts.slice(index).join('/')).toReversed();
}
