import type { RemovalPlan } from '../contracts/backup-failure.ts';
import type { CheckResult } from '../contracts/calls.ts';
import type { ReportSection } from '../contracts/report.ts';

/** What a person reads before old backups are removed for good. */
export function removalSections(
  { lines, freesBytes }: RemovalPlan,
  missingBytes: number,
): readonly ReportSection[] {
  return [
    { title: 'Removed', lines },
    {
      title: 'Room',
      lines: [`${inMegabytes(missingBytes)} are missing, this frees ${inMegabytes(freesBytes)}`],
    },
    { title: 'Stays', lines: ['the two newest verified backups at least, and what a way back needs'] },
  ];
}

/** What is told when retention may not remove enough. */
export function noRoomCheck({ freesBytes }: RemovalPlan, missingBytes: number): CheckResult {
  return {
    name: 'room for a backup can be made',
    status: 'fail',
    expected: `${inMegabytes(missingBytes)} more`,
    got: `what retention may remove frees ${inMegabytes(freesBytes)} of ${inMegabytes(missingBytes)} that are missing`,
    answer: 'free space on that disk by hand, or give it more; then start backupFailure again',
  };
}

function inMegabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(0)} MB`;
}
