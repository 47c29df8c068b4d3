import { existsSync } from 'node:fs';
import { holdStackFile } from '../activities/adapters/compose/hold-stack.ts';
import { connectDocker } from '../activities/adapters/docker/docker.ts';
import { errorMessage } from '../activities/adapters/error-code.ts';
import { incidentRecord } from '../activities/adapters/incident-record.ts';
import type { Journal } from '../activities/adapters/journal/journal.ts';
import type { Cleared, JournalRun, Reservation } from '../activities/adapters/journal/journal-rows.ts';
import { CliError } from '../client/cli-error.ts';
import type { HostConfig } from '../config/host-schema.ts';
import { loadHostConfig } from '../config/load-host-config.ts';
import { retireHostProcedure } from '../workflows/procedures/retire-host.ts';
import { DOCKER_SOCKET } from './compose-host.ts';
import { lockBetweenChanges } from './lock-between-changes.ts';
import { withJournal } from './open-journal.ts';
import { requireRoot } from './require-root.ts';
import { startAgain } from './start-again.ts';
import { lockFile } from './state-files.ts';
import { LET_USERS_IN, usersShutOutSince } from './users-shut-out.ts';

/** What a person says to `clear`. */
export interface ClearOptions {
  readonly config: string;
  readonly reason: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Lifts the quarantine because a person mended it, and says what of a run's is still in force there. */
export async function runClear(options: ClearOptions, out: (text: string) => void): Promise<void> {
  const config = await loadHostConfig(options.config);
  requireRoot('clear');
  await withJournal(config, async (journal) => {
    const evenOpen = options.force === true;
    // Before the wait for a change that is under way: it could only end in the same refusal.
    refuseOpen(journal, evenOpen);
    // A host must not be called free in the middle of a change.
    const lock = await lockBetweenChanges(lockFile(config), journal, { verb: 'clear' });
    try {
      const done = await clearHost(journal, config.state.folder, options.reason, evenOpen);
      const outSince = usersShutOutSince();
      const left = [...stillShutOut(outSince), ...notFiled(done), ...(await leftInForce(config))];
      if (options.json === true) {
        const { cleared, incidents, reservation } = done;
        const lifted = reservation?.workflowId ?? null;
        const told = { cleared: idsOf(cleared), incidents: idsOf(incidents) };
        out(JSON.stringify({ ...told, reservation: lifted, reason: options.reason, left }));
        return;
      }
      for (const line of tellCleared(done, journal.reservation(), outSince)) out(line);
      for (const line of left) out(line);
    } finally {
      lock.release();
    }
  });
}

/**
 * Ends the runs that left the host quarantined, and open incidents; with `evenOpen` also a run that is still open or waits
 * for its window.
 * @throws CliError `RUN_UNDER_WAY`: a run is open; nothing was changed.
 */
export function clearQuarantine(journal: Journal, reason: string, evenOpen: boolean): Cleared {
  const done = journal.clear(reason, { evenOpen });
  if (done.underWay !== null) throw runUnderWay(done.underWay);
  return done;
}

/** Clears the journal, and files the record of a security incident: of the next one it would say that secrets were renewed. */
export async function clearHost(
  journal: Journal,
  stateFolder: string,
  reason: string,
  evenOpen: boolean,
): Promise<Cleared & { readonly notFiled: string | null }> {
  const done = clearQuarantine(journal, reason, evenOpen);
  try {
    await incidentRecord(stateFolder).endByHand();
    return { ...done, notFiled: null };
  } catch (error) {
    return { ...done, notFiled: errorMessage(error) };
  }
}

function idsOf(runs: readonly { readonly workflowId: string }[]): string[] {
  return runs.map(({ workflowId }) => workflowId);
}

const TAKES_WORK_AGAIN =
  'The worker takes work under the name of this host again once it was restarted: systemctl restart fdts-ops-host. No other machine may have that name then.';

/**
 * What was cleared, line by line.
 * @param kept the reservation that stays.
 * @param outSince since when users are shut out; null: they are not.
 */
export function tellCleared(
  { cleared, incidents, reservation }: Cleared,
  kept: Reservation | null,
  outSince: string | null,
): string[] {
  const names = [
    ...cleared.map(({ procedure, workflowId }) => `${procedure} (run ${workflowId})`),
    ...incidents.map(
      ({ procedure, workflowId, safeState }) =>
        `the incident of ${procedure} (run ${workflowId}), which left the host ${safeState}`,
    ),
  ];
  const free =
    outSince === null
      ? 'The host is free again.'
      : 'Runs may change the host again. USERS ARE STILL SHUT OUT.';
  return [
    names.length === 0
      ? 'Nothing to clear: no run has this host, and no incident is open.'
      : `Cleared: ${names.join(', ')}. ${free}`,
    ...(incidents.some(({ procedure }) => procedure === retireHostProcedure.type) ? [TAKES_WORK_AGAIN] : []),
    ...aboutReservation(reservation, kept),
  ];
}

/** A clear lets nobody in: neither a boot nor the next run would. */
export function stillShutOut(outSince: string | null): string[] {
  if (outSince === null) return [];
  return [
    `Users are shut out since ${outSince} by the rules of a security incident, also after a reboot. Once they may come in: ${LET_USERS_IN}`,
  ];
}

/** What was cleared is cleared all the same. */
function notFiled({ notFiled: why }: { readonly notFiled: string | null }): string[] {
  if (why === null) return [];
  return [
    `The record of the security incident could not be filed: ${why}. Mend that and clear again, before the next incident.`,
  ];
}

function aboutReservation(lifted: Reservation | null, kept: Reservation | null): string[] {
  if (lifted !== null)
    return [
      `Lifted: the reservation of ${lifted.procedure} (run ${lifted.workflowId}) from ${lifted.opensAt}.`,
    ];
  if (kept === null) return [];
  return [
    `Kept: ${kept.procedure} (run ${kept.workflowId}) has reserved this host from ${kept.opensAt} to ${kept.closesAt}. Stop it: fdts-ops abort ${kept.workflowId}. If its run is gone: clear again with --force.`,
  ];
}

function refuseOpen(journal: Journal, evenOpen: boolean): void {
  const run = journal.openRun();
  if (run?.state === 'open' && !evenOpen) throw runUnderWay(run);
}

function runUnderWay({ procedure, workflowId, startedAt, step }: JournalRun): CliError {
  return new CliError('usage', {
    code: 'RUN_UNDER_WAY',
    message: `not cleared: ${procedure} (run ${workflowId}) is under way since ${startedAt}, last change "${step ?? 'none yet'}"`,
    hint: `Stop it: fdts-ops abort ${workflowId}. If its run is gone (terminated, server lost): sudo fdts-ops recover`,
  });
}

/** What keeps FDTS from starting itself, with the commands that end it. Undoing it is the person's choice here. */
async function leftInForce(config: HostConfig): Promise<string[]> {
  const held = existsSync(holdStackFile)
    ? [
        `FDTS is kept from starting, also at the next boot: ${holdStackFile} is still there. Once it may start: ${startAgain(config.project.unit)}`,
      ]
    : [];
  try {
    const containers = await connectDocker(DOCKER_SOCKET).projectContainers(config.project.name);
    const down = containers.filter(({ restartPolicy }) => restartPolicy === 'no');
    return [
      ...held,
      ...down.map(
        ({ name }) =>
          `${name} is not started again by Docker: its restart policy is "no". If the compose file says otherwise: docker update --restart=always ${name}    # or the policy that it names`,
      ),
    ];
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    return [...held, `The restart policies could not be read (${told}): docker ps -a, then docker inspect`];
  }
}
