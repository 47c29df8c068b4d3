/** What can be wrong with an upload, as the operator reads it after a count. */
export const uploadProblems = {
  vanished: 'vanished before it was read',
  shrank: 'shrank before it was read',
  keptShrinking: 'left out: shrank again and again while it was read',
  unreadable: 'skipped: may not be read by the owner of the data',
  grew: 'grew while it was read and were cut at the listed size',
  notAFile: 'skipped: not a regular file (link, socket or device)',
  badName: 'skipped: its name is not UTF-8',
} as const;

export type UploadProblem = (typeof uploadProblems)[keyof typeof uploadProblems];

/** Something below the uploads folder that was left out or not read whole, and why. */
export interface UploadWarning {
  path: string;
  what: UploadProblem;
}

/** Whether content of users is missing from the backup. A link never had any, and what grew was there when listed. */
export function isLoss({ what }: UploadWarning): boolean {
  return what !== uploadProblems.notAFile && what !== uploadProblems.grew;
}
