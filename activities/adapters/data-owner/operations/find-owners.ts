import { stat } from 'node:fs/promises';
import { explainFailure } from '../files/explain-failure.ts';
import { walkUploads } from '../files/walk-uploads.ts';
import type { UserAndGroup } from '../restore/choose-owner.ts';

/** More users and groups than this has no site. */
const MOST = 1_000;

/** Whom uploads belong to, each user with each group once, and whether the folder itself is sticky. Changes nothing. */
export async function findOwners({ uploads }: { uploads: string }): Promise<{
  owners: UserAndGroup[];
  isSticky: boolean;
}> {
  try {
    const found = new Map<string, UserAndGroup>();
    for await (const { uid, gid } of walkUploads(uploads))
      if (found.size < MOST) found.set(`${uid}:${gid}`, { uid, gid });
    return { owners: [...found.values()], isSticky: ((await stat(uploads)).mode & STICKY) !== 0 };
  } catch (cause) {
    throw explainFailure('findOwners', cause, uploads);
  }
}

const STICKY = 0o1000;
