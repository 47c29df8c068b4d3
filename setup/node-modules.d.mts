/**
 * Installs the npm packages of the lock file when they are missing or belong to another one. `missing`: what else the
 * machine lacks, so that one command names everything.
 */
export function ensureNodeModules(root: string, missing: readonly string[]): void;
/** Whether the npm packages are those of the lock file. */
export function modulesAreCurrent(root: string): boolean;
/** The environment for a nested npm: flags given to the outer npm must not reach it. */
export function withoutNpmLeaks(environment: Record<string, string>): Record<string, string>;
/** What to tell a person when `npm ci` failed, given the compilers that are missing, and everything else that is. */
export function npmCiFailure(compilers: readonly string[], missing?: readonly string[]): string;
