/**
 * In the details of a failure `FENCED_OFF` when the host's journal has an end for the run: a recovery, an emergency or a
 * person ended it there while it could not. Absent when the host cannot say (the recovery goes on, the run was reset).
 */
export interface EndOnHost {
  /** The outcome that the journal has; `cleared` when a person mended the host by hand. */
  readonly endedAs: string;
}
