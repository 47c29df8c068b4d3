import type { Progress } from '../../workflows/contracts/report.ts';
import { absenceLines, gateLines, stepLine } from './checklist-lines.ts';

/** What to tell where nothing can be drawn again: one line for every step that changed, a gate that opened, and a worker that is away. */
export function checklistChanges(
  before: Progress | null,
  after: Progress,
  run: string,
  now: number,
): string[] {
  const known = new Map(before?.steps.map((step) => [step.id, step.status]));
  const changed = after.steps.filter((step) => step.status !== (known.get(step.id) ?? 'pending'));
  const host =
    after.host !== null && after.host !== (before?.host ?? null) ? [`${after.title} on ${after.host}`] : [];
  const opened =
    after.gate !== null && gateKey(after) !== gateKey(before)
      ? gateLines(after.gate, after.timezone, run)
      : [];
  const { absence } = after;
  const away = absence != null && absence.since !== before?.absence?.since ? absenceLines(absence) : [];
  return [...host, ...changed.map((step) => stepLine(step, now)), ...away, ...opened];
}

function gateKey(progress: Progress | null): string {
  const gate = progress?.gate ?? null;
  return gate === null ? '' : `${gate.step} ${gate.planCode} ${gate.until}`;
}
