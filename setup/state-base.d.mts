/** The folder below which set-up keeps what it remembers, in one folder for each instance. */
export function stateBase(environment?: NodeJS.ProcessEnv): string;
/** What is remembered of the machine itself, for all instances of a user; no instance can have that name. */
export function machineFolder(environment?: NodeJS.ProcessEnv): string;
