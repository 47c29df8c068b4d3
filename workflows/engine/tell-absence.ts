import type { Absence } from '../contracts/absence.ts';

/** What a run waits for whose host's worker is away. */
export function tellAbsence({ host, since }: Absence): string {
  return `waits for the worker of ${host} since ${clock(since)} UTC`;
}

/** Where to look first. */
export const LOOK_AT_WORKER = 'systemctl status fdts-ops-host';

/** An absence that is over, for the report. */
export function tellPastAbsence({ host, since }: Absence, until: number): string {
  return `the worker of ${host} was away from ${clock(since)} to ${clock(until)} UTC: the run waited`;
}

function clock(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ');
}
