/** How a run stands to freezes, as it tells the host. */
export interface FreezeClaim {
  /** Why the procedure may run in a freeze; null: it may not. */
  readonly exempt: string | null;
  /** Why a person runs it all the same; null: nobody does. */
  readonly override: string | null;
}

/** What the host says about freezes when a run begins. */
export interface FreezeState {
  /** The one that is on; null when none is. */
  readonly now: {
    readonly name: string;
    readonly reason: string /** UTC, ISO 8601. */;
    readonly opens: string;
  } | null;
  /** The one that begins next; `from` in milliseconds since the epoch. */
  readonly next: { readonly name: string; readonly from: number } | null;
}
