import { logFingerprint } from './log-fingerprint.ts';
import { type LogLevel, readLogLine } from './log-line.ts';

/** A log in numbers, safe to leave the host: no line of it, only counts and fingerprints of warnings and worse. */
export type LogSummary = {
  readonly lines: number;
  readonly byLevel: Readonly<Record<LogLevel, number>>;
  /** Worst first, then most frequent; at most 20. */
  readonly fingerprints: readonly {
    readonly fingerprint: string;
    readonly level: LogLevel;
    readonly count: number;
  }[];
};

/** Counts the lines of a log by level and gathers what its warnings and errors are about. Takes a stream of any length. */
export const summariseLog = async (lines: Iterable<string> | AsyncIterable<string>): Promise<LogSummary> => {
  const byLevel = { fatal: 0, error: 0, warn: 0, info: 0, debug: 0, trace: 0, unknown: 0 };
  const seen = new Map<string, { fingerprint: string; level: LogLevel; count: number }>();
  let total = 0;
  for await (const line of lines) {
    const entry = readLogLine(line);
    if (entry === null) continue;
    total += 1;
    byLevel[entry.level] += 1;
    if (!severities.includes(entry.level)) continue;
    const fingerprint = logFingerprint(entry.message);
    const key = `${entry.level} ${fingerprint}`;
    const known = seen.get(key);
    if (known !== undefined) known.count += 1;
    else if (seen.size < maximumDistinct) seen.set(key, { fingerprint, level: entry.level, count: 1 });
  }
  const sorted = [...seen.values()].sort((a, b) => rank(a.level) - rank(b.level) || b.count - a.count);
  return { lines: total, byLevel, fingerprints: sorted.slice(0, 20) };
};

const rank = (level: LogLevel): number => severities.indexOf(level);

const severities: readonly LogLevel[] = ['fatal', 'error', 'warn'];

// A log whose every message differs must not fill the memory.
const maximumDistinct = 1000;
