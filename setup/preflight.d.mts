import type { Ask } from './consent.mjs';

/**
 * Looks at the start for everything that a verb may have to install, and asks once about all of it. Where set-up
 * cannot install the Docker engine it fails at once, and names the one command for everything. Gives what is missing.
 */
export function preflight(verb: string, withModules: boolean, ask?: Ask): Promise<string[]>;
