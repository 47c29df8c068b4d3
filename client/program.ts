import { Command } from 'commander';
import { registerDecisions } from './commands/decide.ts';
import type { DoctorOptions, Finding } from './commands/doctor.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerProcedures } from './commands/procedures.ts';
import { registerReport } from './commands/report.ts';
import { registerRunbook } from './commands/runbook.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSchedules } from './commands/schedules.ts';
import { registerStart } from './commands/start.ts';
import { registerUnblock } from './commands/unblock.ts';
import { registerWatch } from './commands/watch.ts';
import { exitCodes } from './exit-codes.ts';
import type { VerbContext } from './verb.ts';

/** What the program is put together from, beside the client's own verbs. */
export interface ProgramParts {
  /** Adds the verbs that work on the host itself (recover, clear, worker). */
  readonly registerHostCommands?: (program: Command) => void;
  readonly hostDoctor?: (options: DoctorOptions) => Promise<readonly Finding[]>;
}

/** The whole command line: wiring only. */
export function buildProgram(
  context: VerbContext,
  parts: ProgramParts & { readonly quietErrors?: boolean } = {},
): Command {
  const { terminal } = context;
  const program = new Command('fdts-ops')
    .description('Runs the procedures of the FDTS runbook as durable workflows.')
    .exitOverride()
    .configureOutput({
      writeOut: terminal.out,
      writeErr: parts.quietErrors === true ? () => undefined : terminal.err,
    })
    .showHelpAfterError('(--help says what is possible)')
    .addHelpText('after', `\n${settingsHelp()}\n\n${exitCodesHelp()}`);
  registerProcedures(program, context);
  registerRunbook(program, context);
  registerStart(program, context);
  registerWatch(program, context);
  registerUnblock(program, context);
  registerDecisions(program, context);
  registerRuns(program, context);
  registerReport(program, context);
  registerSchedules(program, context);
  registerDoctor(program, context);
  parts.registerHostCommands?.(program);
  return program;
}

/** The verbs that need nothing of the host worker: with these it is not loaded. */
export function isClientVerb(name: string | undefined): boolean {
  return CLIENT_VERBS.includes(name ?? '');
}

const CLIENT_VERBS = [
  'procedures',
  'runbook',
  'start',
  'watch',
  'approve',
  'abort',
  'retry',
  'skip',
  'runs',
  'report',
  'schedules',
  'doctor',
];

/** The settings of the command line, for --help and docs/cli.md. */
export function settingsHelp(): string {
  return [
    'Settings (environment):',
    '  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_TLS*, TEMPORAL_API_KEY, TEMPORAL_PROFILE',
    '                    the Temporal server; without them the one that this checkout started, else localhost:7233',
    '                    On an installed host they are in /etc/fdts-ops/host.env, which only root and the workers read:',
    '                    there, type sudo fdts-ops for every command; without sudo it does not know the server',
    '  FDTS_OPS_UI_URL   address of the Temporal UI, for the links',
  ].join('\n');
}

function exitCodesHelp(): string {
  return [
    'Exit codes:',
    ...exitCodes.map(({ code, meaning }) => `  ${String(code).padStart(2)}  ${meaning}`),
  ].join('\n');
}
