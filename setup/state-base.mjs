import { homedir } from 'node:os';
import { join } from 'node:path';

// Plain JavaScript: the npm packages are installed, and what that needed is remembered, before anything else can run.

/** The folder below which set-up keeps what it remembers, in one folder for each instance. */
export function stateBase(environment = process.env) {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'fdts-ops');
}

/** What is remembered of the machine itself, for all instances of a user; no instance can have that name. */
export function machineFolder(environment = process.env) {
  return join(stateBase(environment), '_machine');
}
