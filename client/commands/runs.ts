import type { WorkflowExecutionInfo } from '@temporalio/client';
import { type Command, InvalidArgumentError } from 'commander';
import { fdtsHost, fdtsOutcome, fdtsWaiting } from '../../workflows/contracts/search-attributes.ts';
import { procedures } from '../../workflows/procedures/index.ts';
import { type Server, withServer } from '../server/connect.ts';
import { textTable } from '../text-table.ts';
import { type Answer, type JsonOption, jsonOption, type VerbContext } from '../verb.ts';

interface RunsOptions extends JsonOption {
  readonly host?: string;
  readonly all?: true;
  readonly limit: number;
}

const RECENT_DAYS = 14;

/** `runs`: what runs now and what ran lately. */
export function registerRuns(program: Command, { terminal, answer }: VerbContext): void {
  program
    .command('runs')
    .description(`List the open runs and those of the last ${RECENT_DAYS} days.`)
    .option('--host <name>', 'only those of one host')
    .option('--all', 'as far back as the server remembers')
    .option('--limit <count>', 'at most so many, newest first', countOption, 20)
    .addOption(jsonOption())
    .action(async (options: RunsOptions) => {
      await withServer(terminal, async (server) => answer(options, await listRuns(server, options)));
    });
}

/** One run as `runs --json` lists it. */
interface ListedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly procedure: string;
  readonly host: string | null;
  readonly status: string;
  readonly outcome: string | null;
  /** Whether it waits for people now: for a decision, or for its host's worker. */
  readonly waiting: boolean;
  readonly since: string;
  readonly until: string | null;
  readonly ui: string | null;
}

async function listRuns(server: Server, { host, all, limit }: RunsOptions): Promise<Answer> {
  const query = runsQuery(host, all === true ? null : new Date(Date.now() - RECENT_DAYS * 86_400_000));
  const runs: ListedRun[] = [];
  let more = false;
  // One beyond the limit tells whether older ones were left out.
  for await (const info of server.client.workflow.list({ query, pageSize: Math.min(limit + 1, 200) })) {
    more = runs.length === limit;
    if (more) break;
    runs.push(listed(info, server));
  }
  const links = {
    all: server.ui.query(query),
    waiting: server.ui.query(`${fdtsWaiting.name} = true AND ExecutionStatus = "Running"`),
  };
  const text = runsText(runs, links);
  const older = `\nOlder ones are left out: fdts-ops runs --limit ${limit * 10}${host === undefined ? '' : ` --host ${host}`}${all === true ? ' --all' : ''}`;
  return { json: { runs, more, query, links }, text: more ? `${text}\n${older}` : text };
}

function runsQuery(host: string | undefined, since: Date | null): string {
  const types = procedures.map(({ type }) => `"${type}"`).join(', ');
  const parts = [
    `WorkflowType IN (${types})`,
    ...(since === null ? [] : [`(StartTime > "${since.toISOString()}" OR ExecutionStatus = "Running")`]),
    ...(host === undefined ? [] : [`${fdtsHost.name} = ${JSON.stringify(host)}`]),
  ];
  return parts.join(' AND ');
}

function listed(info: WorkflowExecutionInfo, { ui }: Server): ListedRun {
  const { workflowId, runId, type, status, startTime, closeTime, typedSearchAttributes: attributes } = info;
  const isOpen = status.name === 'RUNNING';
  return {
    workflowId,
    runId,
    procedure: type,
    host: attributes.get(fdtsHost) ?? null,
    status: status.name.toLowerCase(),
    outcome: attributes.get(fdtsOutcome) ?? null,
    waiting: isOpen && attributes.get(fdtsWaiting) === true,
    since: startTime.toISOString(),
    until: closeTime?.toISOString() ?? null,
    ui: ui.run(workflowId, runId),
  };
}

function runsText(runs: readonly ListedRun[], links: { all: string | null; waiting: string | null }): string {
  if (runs.length === 0) return 'No runs. fdts-ops start <procedure> starts one; --all looks further back.';
  const rows = runs.map(({ workflowId, procedure, host, outcome, status, waiting, since }) => [
    workflowId,
    procedure,
    host ?? '-',
    outcome ?? status,
    waiting ? 'for people' : '-',
    `${since.slice(0, 16).replace('T', ' ')} UTC`,
  ]);
  return [
    textTable([['RUN', 'PROCEDURE', 'HOST', 'OUTCOME', 'WAITING', 'SINCE'], ...rows]),
    ...(links.all === null ? [] : ['', `In the UI: ${links.all}`, `Waiting for people: ${links.waiting}`]),
  ].join('\n');
}

function countOption(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError('expected a whole number above 0.');
}
