import { existsSync } from 'node:fs';
import { holdStackFile } from '../activities/adapters/compose/hold-stack.ts';
import type { Journal } from '../activities/adapters/journal/journal.ts';
import type { JournalRun, Reservation } from '../activities/adapters/journal/journal-rows.ts';
import { isolationStateFile } from '../activities/adapters/machine/isolation.ts';
import type { Finding } from '../client/commands/doctor.ts';
import type { Incident } from '../workflows/contracts/containment.ts';
import { retireHostProcedure } from '../workflows/procedures/retire-host.ts';
import { securityIncidentProcedure } from '../workflows/procedures/security-incident.ts';
import { startAgain } from './start-again.ts';
import { tellIncident } from './tell-incident.ts';
import { LET_USERS_IN, usersShutOutSince } from './users-shut-out.ts';

/**
 * Whether a run has this host or left it quarantined, and whether FDTS is kept from starting, or users are shut out, although
 * none has it.
 * @param journal null when nothing was run on this host yet.
 * @param unit `project.unit` of the configuration; null when FDTS has none.
 */
export function holdFindings(
  journal: Pick<Journal, 'openRun' | 'openIncidents' | 'reservation'> | null,
  unit: string | null,
  file = holdStackFile,
  isolation = isolationStateFile,
): readonly Finding[] {
  const run = journal?.openRun() ?? null;
  const incidents = journal?.openIncidents() ?? [];
  const isOfIncident = [run, ...incidents].some((one) => one?.procedure === SECURITY_INCIDENT);
  const shutOut = isOfIncident ? [] : shutOutFindings(isolation);
  if (run !== null) return [heldBy(run), ...incidents.map(incidentFinding), ...shutOut];
  // What keeps FDTS from starting is part of its safe state.
  if (incidents.length > 0) return [...incidents.map(incidentFinding), ...shutOut];
  const free = {
    name: NAME,
    status: 'ok',
    found: journal === null ? 'free: nothing was run yet' : `free${reservedBy(journal.reservation())}`,
  } as const;
  return [free, ...shutOut, ...startFindings(unit, file)];
}

/** Nothing else on the host shows it: its own probes use the loopback, which the rules let through. */
function shutOutFindings(isolation: string): Finding[] {
  const since = usersShutOutSince(isolation);
  if (since === null) return [];
  const found = `users are shut out since ${since} by the rules of a security incident, although none is open`;
  return [{ name: 'users', status: 'missing', found, getIt: `once they may come in: ${LET_USERS_IN}` }];
}

function startFindings(unit: string | null, file: string): Finding[] {
  if (!existsSync(file)) return [];
  return [
    {
      name: 'start of FDTS',
      status: 'missing',
      found: `FDTS is kept from starting: ${file} is there, although no run has this host`,
      getIt: `once it may start: ${startAgain(unit, file)}`,
    },
  ];
}

const SECURITY_INCIDENT = securityIncidentProcedure.type;
const RETIRE_HOST = retireHostProcedure.type;

const NAME = 'hold of this host';

function reservedBy(reservation: Reservation | null): string {
  if (reservation === null) return '';
  const { procedure, workflowId, opensAt, closesAt } = reservation;
  return `; reserved by ${procedure} (run ${workflowId}) from ${opensAt} to ${closesAt}`;
}

function heldBy(run: JournalRun): Finding {
  const found = `${run.procedure} (run ${run.workflowId}) since ${run.startedAt}, last change "${run.step ?? 'none yet'}"`;
  if (run.state === 'open') {
    const getIt = 'wait for it; if its run is gone: sudo fdts-ops recover; never clear';
    return { name: NAME, status: 'warning', found, getIt };
  }
  return {
    name: NAME,
    status: 'missing',
    found: `quarantined after ${found}`,
    getIt: 'sudo fdts-ops recover; or, once it is mended by hand: sudo fdts-ops clear --reason …',
  };
}

function incidentFinding(incident: Incident): Finding {
  const [howTo, byHand] =
    incident.procedure === SECURITY_INCIDENT
      ? // Without it, evidence is gathered and secrets are renewed once more; a clear alone lets nobody in.
        [` with --input '{"action":"reopen"}'`, `${LET_USERS_IN} && `]
      : ['', ''];
  if (incident.procedure === RETIRE_HOST)
    return {
      name: 'open incident',
      status: 'missing',
      found: tellIncident(incident),
      getIt:
        'nothing: this machine was replaced, and is kept stopped. Only if it is to be FDTS again, and the new one is not: sudo fdts-ops clear --reason …',
    };
  return {
    name: 'open incident',
    status: 'missing',
    found: tellIncident(incident),
    getIt: `start ${incident.procedure} again${howTo}, which takes it over; or, once it is mended by hand: ${byHand}sudo fdts-ops clear --reason …`,
  };
}
