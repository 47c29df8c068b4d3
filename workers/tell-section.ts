import type { ReportSection } from '../workflows/contracts/report.ts';

/** A part of a report, as a person at the terminal reads it. */
export function tellSection({ title, lines }: ReportSection): string {
  return [`${title}:`, ...lines.map((line) => `  ${line}`)].join('\n');
}
