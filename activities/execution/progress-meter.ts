/** What a step says of how far it is: words, or bytes of a phase (`totalBytes` 0: not countable). */
export type StepState =
  | string
  | { readonly phase: string; readonly bytes: number; readonly totalBytes: number };

/** Turns bytes that are done into a line with rate and time left; both are those of the phase under way. */
export class ProgressMeter {
  text: string | null = null;
  private phase = '';
  private since = 0;
  private bytesBefore = 0;

  /** @param now milliseconds since the epoch. */
  note(state: StepState, now: number): void {
    this.text = typeof state === 'string' ? state : this.measure(state, now);
  }

  private measure({ phase, bytes, totalBytes }: Exclude<StepState, string>, now: number): string {
    // Also when a phase starts again from its beginning: an average over both would be wrong.
    if (phase !== this.phase || bytes < this.bytesBefore) {
      this.phase = phase;
      this.since = now;
      this.bytesBefore = bytes;
    }
    if (totalBytes === 0) return phase;
    if (bytes === 0) return `${phase} (${megabytes(totalBytes)} MB)`;
    const done = `${phase}: ${megabytes(bytes)} of ${megabytes(totalBytes)} MB`;
    const seconds = (now - this.since) / 1000;
    const perSecond = seconds < LEAST_SECONDS ? 0 : (bytes - this.bytesBefore) / seconds;
    if (perSecond === 0) return done;
    const left = Math.ceil((totalBytes - bytes) / perSecond);
    return `${done}, ${megabytes(perSecond)} MB/s, ${formatLeft(left)} left`;
  }
}

/** A rate over less is chance. */
const LEAST_SECONDS = 1;

function megabytes(bytes: number): string {
  const millions = bytes / 1_000_000;
  return millions < 10 ? millions.toFixed(1) : millions.toFixed(0);
}

function formatLeft(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}
