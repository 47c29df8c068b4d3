/** Thrown for what a whole, plain archive would not contain. The message is fit for a report: it names no user's file. */
export class BrokenArchiveError extends Error {
  override readonly name = 'BrokenArchiveError';
}
