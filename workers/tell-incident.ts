import type { Incident } from '../workflows/contracts/containment.ts';

/** An open incident, in words for somebody on the host. */
export function tellIncident({ procedure, workflowId, since, safeState, left }: Incident): string {
  const next = left.map((line) => `\n- ${line}`).join('');
  return `An incident is open: ${procedure} (run ${workflowId}) has left the host ${safeState} since ${since}. Nothing else changes the host until it is closed:${next}`;
}
