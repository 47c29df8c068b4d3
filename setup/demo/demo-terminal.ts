import { processTerminal, type Terminal } from '../../client/terminal.ts';

/**
 * Where the demo shows its checklist: standard output, or with `--json` standard error, because standard output is
 * then one line of JSON. `environment`: the settings of the server that the command line has to use.
 */
export function demoTerminal(environment: NodeJS.ProcessEnv, json: boolean): Terminal {
  const settings = { ...process.env, ...environment };
  if (!json) return { ...processTerminal, environment: settings };
  return { ...processTerminal, environment: settings, out: processTerminal.err, isScreen: false };
}
