import type { LimitPlan } from '../contracts/memory.ts';
import type { ReportSection } from '../contracts/report.ts';

/** What a person reads before a memory limit is applied. */
export function limitSections(
  { service, file, diff, effect }: LimitPlan,
  why: string,
): readonly ReportSection[] {
  return [
    { title: 'Why', lines: [why] },
    { title: `Changes ${file}`, lines: diff },
    { title: 'Effect', lines: effect },
    {
      title: 'Way back',
      lines: [
        `by itself when ${service} does not get healthy, or is ended for want of memory; later: remove the file, then docker-compose up -d`,
      ],
    },
  ];
}
