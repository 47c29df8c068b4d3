import type { Argument, Command, Option } from 'commander';
import { exitCodes } from './exit-codes.ts';
import { buildProgram, type ProgramParts, settingsHelp } from './program.ts';
import { processTerminal } from './terminal.ts';

const REWRITE = 'node --import tsx client/write-cli-page.ts';

/** `docs/cli.md`, made from the program itself: every verb with its arguments, options and defaults. Pure. */
export function cliPage(parts: ProgramParts): string {
  const program = buildProgram(
    { terminal: processTerminal, hostDoctor: () => Promise.resolve([]), answer: () => undefined },
    parts,
  );
  return `${[
    '# Command line',
    `<!-- Made from the program by \`${REWRITE}\`; change client/ or workers/host-commands.ts, then run it again. -->`,
    `\`fdts-ops\`: ${program.description()} On an installed host: \`sudo fdts-ops\`. In a checkout: \`npx fdts-ops\`.`,
    'With `--json` every verb answers with one JSON document on standard output (but `worker`, which runs until it is stopped, has none); an error is then `{"error": {"code", "message", "hint"}}`. Nothing on the command line skips a gate.',
    // Without a description: a verb for scripts of the product alone.
    ...program.commands
      .filter((command) => command.description() !== '')
      .flatMap((command) => verb(command, '')),
    '## Settings',
    ['```', settingsHelp(), '```'].join('\n'),
    '## Exit codes',
    exitCodeTable(),
  ].join('\n\n')}\n`;
}

function verb(command: Command, parent: string): string[] {
  const name = `${parent}${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap((child) => verb(child, `${name} `));
  const usage = [name, ...command.registeredArguments.map(argumentText)].join(' ');
  const lines = [
    ...command.registeredArguments.map(
      (argument) => `- \`${argumentText(argument)}\`: ${argument.description}`,
    ),
    ...command.options.map(optionText),
  ];
  return [
    `## \`${usage}\``,
    sentence(command.description()),
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
  ];
}

function argumentText(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function optionText({ flags, description, mandatory, defaultValue }: Option): string {
  const fallback = defaultValue === undefined ? '' : ` (default: \`${String(defaultValue)}\`)`;
  return `- \`${flags}\`: ${description}${fallback}${mandatory ? ' **required**' : ''}`;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, '')}.`;
}

function exitCodeTable(): string {
  return [
    '| code | meaning |',
    '|---|---|',
    ...exitCodes.map(({ code, meaning }) => `| ${code} | ${meaning} |`),
  ].join('\n');
}
