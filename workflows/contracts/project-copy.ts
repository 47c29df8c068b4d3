/** The data of a throwaway copy: what the backup has, proven when it was extracted. */
export interface CopyData {
  /** The compose project of the copy. */
  readonly name: string;
  /** Where its compose file lies, 0600. */
  readonly folder: string;
  /** Its own database on the host: what may be tried on it. */
  readonly database: string;
  /** UTC, ISO 8601: how old the data is. */
  readonly createdAt: string;
  readonly sha256: string;
  /** Rows of the core tables. */
  readonly rows: Readonly<Record<string, number>>;
  readonly uploads: number;
  readonly findings: readonly string[];
  /** What is otherwise than in the live project: empty volumes, settings that were left out. */
  readonly notes: readonly string[];
}
