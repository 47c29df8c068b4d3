import path from 'node:path';
import { ScheduleNotFoundError } from '@temporalio/client';
import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-codes.ts';
import { loadControl } from '../load-control.ts';
import { applySchedule } from '../schedules/apply-schedules.ts';
import { type ListedSchedule, listSchedule, strangeSchedules } from '../schedules/list-schedules.ts';
import { type PlannedSchedule, plannedSchedules } from '../schedules/planned-schedule.ts';
import { type Server, withServer } from '../server/connect.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

interface SchedulesOptions extends JsonOption {
  readonly config?: string;
}

const CONFIG_HELP =
  'configuration of the control worker (default: /etc/fdts-ops/control.yml), or of the host where one process has both roles (worker --role both)';

/** `schedules apply|list|remove`: which procedures start by themselves, and when. */
export function registerSchedules(program: Command, { terminal, answer }: VerbContext): void {
  const verbs = [
    {
      verb: 'apply',
      does: 'Make the schedules of the configuration. Doing it again changes nothing; a pause stays.',
      act: applyAll,
    },
    {
      verb: 'list',
      does: 'Show the next dates, and in what the server differs from the configuration, and what is paused (exit code 10).',
      act: listAll,
    },
    {
      verb: 'remove',
      does: 'Remove the schedules of the configuration from the server, as before an uninstall; runs go on.',
      act: removeAll,
    },
  ];
  const schedules = program
    .command('schedules')
    .description('Make, show or remove the schedules: which procedures start by themselves.');
  for (const { verb, does, act } of verbs) {
    schedules
      .command(verb)
      .description(does)
      .option('--config <file>', CONFIG_HELP)
      .addOption(jsonOption())
      .action(async (options: SchedulesOptions) => {
        const { file, config } = await loadControl(options.config);
        if (verb !== 'list' && options.config === undefined) requireControlFile(verb, file);
        await withServer(terminal, async (server) => {
          const done = await act(server, plannedSchedules(config));
          answer(options, { ...done, text: `By ${file}:\n\n${done.text}` });
        });
      });
  }
  schedules
    .command('unpause')
    .description('Let a paused schedule start runs again. Mend first what paused it: its last run says.')
    .argument('<schedule>', 'its id, from "schedules list"')
    .requiredOption('--reason <text>', 'why it may go on; the server keeps it')
    .addOption(jsonOption())
    .action(async (id: string, options: JsonOption & { readonly reason: string }) => {
      await withServer(terminal, async (server) =>
        answer(options, await unpause(server, id, options.reason)),
      );
    });
}

/** A host's own file has sections of this name too, which count for nothing where a control worker has a file of its own. */
function requireControlFile(verb: string, file: string): void {
  if (path.basename(file) !== 'host.yml') return;
  throw new CliError('usage', {
    code: 'WHOSE_SCHEDULES',
    message: `schedules are those of the control worker, and there is no /etc/fdts-ops/control.yml here: ${verb} would go by ${file}`,
    hint: `Run it where the control worker is, or name its file with --config; on a machine whose worker has both roles: --config ${file}.`,
  });
}

async function unpause({ client }: Server, id: string, reason: string): Promise<Answer> {
  const handle = client.schedule.getHandle(id);
  try {
    await handle.unpause(reason);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new CliError('notFound', {
      code: 'NO_SUCH_SCHEDULE',
      message: `the server has no schedule ${id}`,
      hint: 'Its ids: fdts-ops schedules list.',
    });
  }
  const [next] = (await handle.describe()).info.nextActionTimes;
  return {
    json: { id, paused: false, next: next?.toISOString() ?? null },
    text: `${id} goes on; next: ${next?.toISOString() ?? 'none'}`,
  };
}

async function applyAll(server: Server, planned: readonly PlannedSchedule[]): Promise<Answer> {
  const now = Date.now();
  const done = [];
  for (const schedule of planned) {
    const { did } = await applySchedule(server.client, schedule, now);
    done.push({ did, ...(await listSchedule(server.client, schedule, now)) });
  }
  return {
    json: { schedules: done },
    text: done.map(({ did, ...listed }) => `${did}: ${scheduleText(listed)}`).join('\n\n'),
  };
}

async function listAll(server: Server, planned: readonly PlannedSchedule[]): Promise<Answer> {
  const now = Date.now();
  const schedules = await Promise.all(planned.map((schedule) => listSchedule(server.client, schedule, now)));
  const strange = await strangeSchedules(server.client, planned);
  const isCurrent =
    schedules.every(({ state }) => state === 'as configured' || state === 'none wanted') &&
    strange.length === 0;
  const paused = schedules.filter((schedule) => schedule.paused);
  const advice = [
    ...(isCurrent
      ? []
      : [
          'fdts-ops schedules apply makes them as configured; what is not in the configuration is left to you.',
        ]),
    ...(paused.length === 0 ? [] : [unpauseText(paused)]),
  ];
  return {
    json: { schedules, notInConfiguration: strange },
    text: [
      ...schedules.map(scheduleText),
      ...strange.map((id) => `${id}: on the server, not in the configuration`),
      ...advice,
    ].join('\n\n'),
    exitCode: isCurrent && paused.length === 0 ? exitCode('ok') : exitCode('attention-needed'),
  };
}

function unpauseText(paused: readonly ListedSchedule[]): string {
  const ids = paused.map(({ id }) => id).join(', ');
  return `Paused schedules start nothing. The report of the run that paused one says why: mend that, then fdts-ops schedules unpause ID --reason WHY (or in the UI Schedules, Unpause): ${ids}`;
}

async function removeAll(server: Server, planned: readonly PlannedSchedule[]): Promise<Answer> {
  const schedules = [];
  for (const schedule of planned)
    schedules.push(await applySchedule(server.client, { ...schedule, enabled: false }, Date.now()));
  return {
    json: { schedules },
    text: schedules.map(({ id, did }) => `${did === 'removed' ? did : 'was not there'}: ${id}`).join('\n'),
  };
}

function scheduleText({ id, when, state, drift, paused, note, next, clockChanges }: ListedSchedule): string {
  return [
    `${id}: ${when}`,
    `  ${state}${paused ? `; PAUSED${note === null ? '' : `: ${note}`}` : ''}`,
    ...drift.map((line) => `  differs: ${line}`),
    ...next.map(({ local, utc }) => `  next     ${local}   (${utc.slice(0, 16).replace('T', ' ')} UTC)`),
    ...clockChanges.map((says) => `  clocks   ${says}`),
  ].join('\n');
}
