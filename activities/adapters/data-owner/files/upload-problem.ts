/** What can be wrong with an upload, as the operator reads it after a count. Manifests keep these words: changing one changes what they say. */
export const uploadProblems = {
  deleted: 'deleted by somebody while the backup was made',
  vanished: 'vanished before it was read',
  keptMoving: 'left out: moved or replaced again and again while the backup was made',
  shrank: 'shrank before it was read',
  keptShrinking: 'left out: shrank again and again while it was read',
  unreadable: 'skipped: may not be read by the owner of the data',
  grew: 'grew while it was read and were cut at the listed size',
  notAFile: 'skipped: not a regular file (pipe, socket or device)',
  linkOutside: 'left out: a link to something outside the uploads, which is in no backup',
  linkInside: 'skipped: a link to another place in the uploads',
  linkNowhere: 'skipped: a link that leads nowhere on this host',
  excluded: 'left out on purpose: named in data.uploadsExclude',
} as const;

export type UploadProblem = (typeof uploadProblems)[keyof typeof uploadProblems];

/** Something below the uploads folder that was left out or not read whole, and why. */
export interface UploadWarning {
  path: string;
  what: UploadProblem;
}

/** What takes no content of users out of a backup, or only what somebody decided to leave out; what grew was there when listed. */
const HARMLESS: ReadonlySet<string> = new Set([
  uploadProblems.notAFile,
  uploadProblems.grew,
  uploadProblems.deleted,
  uploadProblems.linkInside,
  uploadProblems.linkNowhere,
  uploadProblems.excluded,
  // In manifests of versions that told no links apart.
  'skipped: not a regular file (link, socket or device)',
]);

/** Whether content of users is missing from the backup. Words that this version does not know count as a loss. */
export function isLoss({ what }: UploadWarning): boolean {
  return !HARMLESS.has(what);
}

/** Whether it is a link, wherever it leads. */
export function isLink(what: UploadProblem): boolean {
  const { linkInside, linkOutside, linkNowhere } = uploadProblems;
  return what === linkInside || what === linkOutside || what === linkNowhere;
}
