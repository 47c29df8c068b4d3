/** How many requests of users were answered with an error, by the proxy's access log. */
export interface ErrorRate {
  readonly seconds: number;
  readonly requests: number;
  /** Answered with 5xx. */
  readonly errors: number;
  /** null: too few requests to speak of a rate, or no log. */
  readonly percent: number | null;
  /** By status, 5xx only. */
  readonly byStatus: Readonly<Record<string, number>>;
  /** In a sentence, with where it was measured. */
  readonly told: string;
}

/** Whether users are being served, by which it is decided whether a restart needs an approval. */
export interface UsersServed {
  readonly down: boolean;
  /** The worse of what users met and what probes meet. */
  readonly failedPercent: number;
  readonly downPercent: number;
  readonly told: string;
}
