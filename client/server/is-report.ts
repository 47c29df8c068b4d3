import { isRecord } from '../../config/is-record.ts';
import { OUTCOME_MEANING } from '../../workflows/contracts/outcome.ts';
import type { RunReport } from '../../workflows/contracts/report.ts';

/** Whether a value from the server is the report of a run: a named outcome and steps are enough to tell. */
export function isReport(value: unknown): value is RunReport {
  if (!isRecord(value)) return false;
  const { outcome, steps } = value;
  return typeof outcome === 'string' && Object.hasOwn(OUTCOME_MEANING, outcome) && Array.isArray(steps);
}
