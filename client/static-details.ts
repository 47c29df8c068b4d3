import type { Procedure } from '../workflows/engine/procedure.ts';

/** What the UI shows of every run of this procedure that the command line or a schedule starts (Markdown). */
export function staticDetails({ summary, section, safeState }: Procedure): string {
  return [
    summary,
    '',
    `- Runbook: ${section}`,
    `- When nobody answers, it leaves the host ${safeState}`,
    '- A gate is answered with the signal `approve` or `abort`',
  ].join('\n');
}
