import { processTerminal, type Terminal } from '../../client/terminal.ts';

/** A terminal that shows nothing but errors, for the command line on our own server. */
export function quietTerminal(environment: NodeJS.ProcessEnv): Terminal {
  const settings = { ...process.env, ...environment };
  return { ...processTerminal, environment: settings, out: () => undefined, isScreen: false };
}
