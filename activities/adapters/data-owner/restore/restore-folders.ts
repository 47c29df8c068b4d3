import { join } from 'node:path';

/** Where the parts of a restore lie. */
export interface RestoreFolders {
  /** Where the backup is extracted and checked. */
  staging: string;
  /** The database that is going to take the place of the old one. */
  stagedDatabase: string;
  /** A second copy of it that no app writes to: what the old database is compared with, until that is done. */
  restoredCopy: string;
  /** The paths of the backup's uploads; names users' files and stays here. */
  stagedListing: string;
  stagedUploads: string;
  /** Whom the backup's uploads belonged to, where that is not the owner of the data; names users' files and stays here. */
  stagedOwners: string;
  /** What users had. */
  oldUploads: string;
  /** What a rollback took out again. */
  discarded: string;
  discardedUploads: string;
}

/** The folders of one restore; only the uploads' ones lie on their file system. */
export function restoreFolders(asideDir: string, uploadsAside: string): RestoreFolders {
  const staging = join(asideDir, 'staged');
  return {
    staging,
    stagedDatabase: join(staging, 'database.sqlite'),
    restoredCopy: join(asideDir, 'restored-copy.sqlite'),
    stagedListing: join(asideDir, 'staged-uploads.jsonl'),
    stagedUploads: join(uploadsAside, 'staged-uploads'),
    stagedOwners: join(asideDir, 'staged-owners.jsonl'),
    oldUploads: join(uploadsAside, 'uploads'),
    discarded: join(asideDir, 'discarded'),
    discardedUploads: join(uploadsAside, 'discarded-uploads'),
  };
}
