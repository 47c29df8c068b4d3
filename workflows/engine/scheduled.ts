import { workflowInfo } from '@temporalio/workflow';

/** The schedule that started this run; null when a person (or a program) did. The server itself notes it. */
export function startedBySchedule(): string | null {
  const found = workflowInfo()
    .typedSearchAttributes.getAll()
    .find(({ key }) => key.name === 'TemporalScheduledById');
  return typeof found?.value === 'string' ? found.value : null;
}
