import type { Command } from 'commander';
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
  'configuration of the control worker, or of the host where it has both roles (default: /etc/fdts-ops/control.yml, else host.yml)';

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
        const { config } = await loadControl(options.config);
        await withServer(terminal, async (server) =>
          answer(options, await act(server, plannedSchedules(config))),
        );
      });
  }
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
  return `Paused schedules start nothing. The report of the run that paused one says why: mend that, then in the UI Schedules, Unpause: ${ids}`;
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
