import { lstat } from 'node:fs/promises';
import { errorCode } from '../../error-code.ts';
import { explainFailure } from '../files/explain-failure.ts';
import { SETGID } from '../files/upload-mode.ts';
import { walkUploads } from '../files/walk-uploads.ts';

/** An entry of the uploads folder with another mode or owner than it should have. */
export interface WrongMode {
  /** Relative to the uploads folder; empty for the folder itself. */
  path: string;
  mode: number;
  uid: number;
  gid: number;
  wanted: { mode: number; uid: number; gid: number };
}

/** What entries should be: of this owner, files 644, folders 755. */
export interface WantedModes {
  uploads: string;
  owner: { uid: number; gid: number };
}

/** More are found in a second look, after these were repaired. */
const MOST = 50_000;
const FILE = 0o644;
const FOLDER = 0o755;
const OF_THE_OWNER = 0o700;

/**
 * Lists entries whose mode or owner differs. Of the folder itself only what keeps its owner out counts: how far it is
 * open to others is the site's choice. Links are not followed; what lies in a folder that may not be read shows only once
 * that folder is repaired. Changes nothing.
 */
export async function findWrongModes({
  uploads,
  owner,
}: WantedModes): Promise<{ wrong: WrongMode[]; others: number }> {
  const wrong: WrongMode[] = [];
  let others = 0;
  try {
    const top = await lstat(uploads);
    const topMode = top.mode & 0o7777;
    if (top.uid !== owner.uid || (topMode & OF_THE_OWNER) !== OF_THE_OWNER)
      wrong.push({
        path: '',
        mode: topMode,
        uid: top.uid,
        gid: top.gid,
        wanted: { mode: topMode | OF_THE_OWNER, ...owner },
      });
    for await (const { path, isFolder, mode, uid, gid } of walkUploads(uploads, {
      onWarning: () => {
        others += 1;
      },
    })) {
      const wanted = isFolder ? FOLDER | (mode & SETGID) : FILE;
      if (mode === wanted && uid === owner.uid) continue;
      if (wrong.length < MOST) wrong.push({ path, mode, uid, gid, wanted: { mode: wanted, ...owner } });
    }
    return { wrong, others };
  } catch (cause) {
    // The folder itself is what keeps its owner out: that is found, and comes first.
    if (wrong[0]?.path === '' && errorCode(cause) === 'EACCES') return { wrong, others };
    throw explainFailure('findWrongModes', cause, uploads);
  }
}
